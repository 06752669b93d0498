/** Walks the records of fetched batches without making an object per record: after `next()` the fields tell where the
 *  record lies in `buffer`. Key, value and headers are materialized only when asked for.
 *  C1 A cursor belongs to one task's queue; it is never shared (after an await another task may have moved it).
 *  C2 Lengths are checked against the batch's end: a damaged batch throws, it never reads its neighbour. */
import { InvariantError } from '../errors/streams.error.ts';
import type { Headers } from '../record/record.ts';
import type { RecordBatch } from './record-batch.ts';

const EMPTY = Buffer.alloc(0);
const NO_HEADERS: Headers = [];

export class RecordCursor {
  buffer: Buffer = EMPTY;
  offset = -1;
  timestampMs = 0;
  /** -1: the key is null. */
  keyStart = -1;
  keyEnd = -1;
  /** -1: the value is null (a tombstone). */
  valueStart = -1;
  valueEnd = -1;
  #headersStart = 0;

  #batches: readonly RecordBatch[] = [];
  #nextBatch = 0;
  #batch: RecordBatch | null = null;
  #remaining = 0;
  #position = 0;
  #fromOffset = 0;

  /** Starts on other batches; records before `fromOffset` are skipped. */
  reset(batches: readonly RecordBatch[], fromOffset: number): void {
    this.#batches = batches;
    this.#nextBatch = 0;
    this.#batch = null;
    this.#remaining = 0;
    this.#fromOffset = fromOffset;
  }

  /** Moves to the next record; false when there is none. */
  next(): boolean {
    do {
      while (this.#remaining === 0) if (!this.#enterBatch()) return false;
      this.#decode();
    } while (this.offset < this.#fromOffset);
    return true;
  }

  key(): Buffer | null {
    return this.keyStart < 0 ? null : this.buffer.subarray(this.keyStart, this.keyEnd);
  }
  value(): Buffer | null {
    return this.valueStart < 0 ? null : this.buffer.subarray(this.valueStart, this.valueEnd);
  }
  hasHeaders(): boolean {
    return this.buffer[this.#headersStart] !== 0;
  }
  headers(): Headers {
    return this.hasHeaders() ? readHeaders(this.buffer, this.#headersStart) : NO_HEADERS;
  }

  #enterBatch(): boolean {
    const batch = this.#batches[this.#nextBatch];
    if (batch === undefined) {
      this.#batch = null;
      return false;
    }
    this.#nextBatch++;
    this.#batch = batch;
    this.buffer = batch.buffer;
    this.#remaining = batch.count;
    this.#position = batch.start;
    return true;
  }

  /** The hot loop of the engine: one record, varints inlined. */
  #decode(): void {
    const batch = this.#batch!;
    const bytes = this.buffer;
    let at = this.#position;
    let byte = 0;
    let shift = 0;
    let value = 0;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    const end = at + (value >>> 1);
    if (end > batch.end) throw damaged(batch);
    at++; // attributes: none are defined
    let long = 0;
    let factor = 1;
    do {
      byte = bytes[at++]!;
      long += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    const delta = long % 2 === 0 ? long / 2 : -(long + 1) / 2;
    this.timestampMs = batch.logAppendTimeMs ?? batch.baseTimestampMs + delta;
    value = 0;
    shift = 0;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    this.offset = batch.baseOffset + (value >>> 1);
    value = 0;
    shift = 0;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    if (value & 1) {
      this.keyStart = this.keyEnd = -1;
    } else {
      this.keyStart = at;
      at += value >>> 1;
      this.keyEnd = at;
    }
    value = 0;
    shift = 0;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    if (value & 1) {
      this.valueStart = this.valueEnd = -1;
    } else {
      this.valueStart = at;
      at += value >>> 1;
      this.valueEnd = at;
    }
    if (at >= end) throw damaged(batch);
    this.#headersStart = at;
    this.#position = end;
    this.#remaining--;
  }
}

/** Nothing behind it can be read either, so no handler is asked. */
function damaged(batch: RecordBatch): InvariantError {
  return new InvariantError(
    `Cannot read the record batch at offset ${batch.baseOffset}: a record reaches beyond the end of its batch.`,
  );
}

function readHeaders(bytes: Buffer, start: number): Headers {
  let at = start;
  const varint = (): number => {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return (value >>> 1) ^ -(value & 1);
  };
  const headers: [string, Uint8Array | null][] = [];
  for (let count = varint(); count > 0; count--) {
    const nameLength = varint();
    const name = bytes.toString('utf8', at, (at += nameLength));
    const valueLength = varint();
    headers.push([name, valueLength < 0 ? null : bytes.subarray(at, (at += valueLength))]);
  }
  return headers;
}
