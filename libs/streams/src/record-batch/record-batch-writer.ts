/** Encodes records straight into one growing buffer, with room in front for the batch header.
 *  W1 `append` copies key and value once, into their final place.
 *  W2 `take` hands the buffer over and starts a new one; nothing of it is touched afterwards.
 *  W3 Producer id, epoch and sequence are the adapter's to fill in: `sealBatch`. */
import type { Bytes, Headers } from '../record/record.ts';
import { crc32c } from './crc32c.ts';
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  TRANSACTIONAL_FLAG,
} from './record-batch.ts';
import { varintBytes, writeVarint } from './varint.ts';

/** Records ready to be sealed into a batch. The header room (first 61 bytes) is not written yet. */
export interface EncodedRecords {
  readonly buffer: Buffer;
  /** After the last byte of the last record. */
  readonly end: number;
  readonly count: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

export interface BatchSeal {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

export const NO_PRODUCER: BatchSeal = {
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
};

const INITIAL_BYTES = 16 * 1024;
/** Below this a loop is quicker than a call of `copy`. */
const LOOP_COPY_BYTES = 32;
const NO_HEADERS: Headers = [];
/** Most a varint-framed record needs beside key, value and headers: length 5, attributes 1, timestamp 10, offset 5, lengths 5 + 5, header count 5. */
const RECORD_OVERHEAD_BYTES = 36;

export class RecordBatchWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #end = BATCH_HEADER_BYTES;
  #count = 0;
  #baseTimestampMs = 0;
  #maxTimestampMs = 0;

  get count(): number {
    return this.#count;
  }
  /** Size of the batch so far, header included. */
  get sizeBytes(): number {
    return this.#end;
  }

  append(key: Bytes | null, value: Bytes | null, timestampMs: number, headers: Headers = NO_HEADERS): void {
    const valueBytes = value === null ? -1 : value.length;
    let at = this.#begin(key === null ? -1 : key.length, valueBytes, timestampMs, headers);
    if (key !== null) at = copyAll(this.#buffer, at, key);
    at = writeVarint(this.#buffer, at, valueBytes);
    if (value !== null) at = copyAll(this.#buffer, at, value);
    this.#end = writeHeaders(this.#buffer, at, headers);
  }

  /** The same for key and value that lie in one buffer; a start of -1: null. */
  appendFrom(
    source: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    timestampMs: number,
    headers: Headers = NO_HEADERS,
  ): void {
    const valueBytes = valueStart < 0 ? -1 : valueEnd - valueStart;
    let at = this.#begin(keyStart < 0 ? -1 : keyEnd - keyStart, valueBytes, timestampMs, headers);
    if (keyStart >= 0) at = copyRange(this.#buffer, at, source, keyStart, keyEnd);
    at = writeVarint(this.#buffer, at, valueBytes);
    if (valueStart >= 0) at = copyRange(this.#buffer, at, source, valueStart, valueEnd);
    this.#end = writeHeaders(this.#buffer, at, headers);
  }

  /** Room for the record, and all of it before the key. Where the key begins. Lengths of -1: null. */
  #begin(keyBytes: number, valueBytes: number, timestampMs: number, headers: Headers): number {
    if (this.#count === 0) this.#baseTimestampMs = this.#maxTimestampMs = timestampMs;
    else if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs;
    const timestampDelta = timestampMs - this.#baseTimestampMs;
    const bodyBytes =
      1 +
      varintBytes(timestampDelta) +
      varintBytes(this.#count) +
      varintBytes(keyBytes) +
      Math.max(keyBytes, 0) +
      varintBytes(valueBytes) +
      Math.max(valueBytes, 0) +
      headersSize(headers);
    this.#reserve(bodyBytes + RECORD_OVERHEAD_BYTES);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, this.#end, bodyBytes);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, timestampDelta);
    at = writeVarint(buffer, at, this.#count++);
    return writeVarint(buffer, at, keyBytes);
  }

  /** The records so far; the writer starts anew. */
  take(): EncodedRecords {
    const records: EncodedRecords = {
      buffer: this.#buffer,
      end: this.#end,
      count: this.#count,
      baseTimestampMs: this.#baseTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
    };
    this.#buffer = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, Math.min(this.#end, 1 << 20)));
    this.#end = BATCH_HEADER_BYTES;
    this.#count = 0;
    return records;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

function copyAll(buffer: Buffer, at: number, bytes: Bytes): number {
  buffer.set(bytes, at);
  return at + bytes.length;
}

function copyRange(buffer: Buffer, at: number, source: Buffer, start: number, end: number): number {
  if (end - start > LOOP_COPY_BYTES) return at + source.copy(buffer, at, start, end);
  for (let i = start; i < end; i++) buffer[at++] = source[i]!;
  return at;
}

function writeBytes(buffer: Buffer, at: number, bytes: Bytes | null): number {
  if (bytes === null) return writeVarint(buffer, at, -1);
  return copyAll(buffer, writeVarint(buffer, at, bytes.length), bytes);
}

function headersSize(headers: Headers): number {
  let size = varintBytes(headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    const valueBytes = value === null ? 0 : value.length;
    size += varintBytes(nameBytes) + nameBytes + varintBytes(value === null ? -1 : valueBytes) + valueBytes;
  }
  return size;
}

function writeHeaders(buffer: Buffer, at: number, headers: Headers): number {
  at = writeVarint(buffer, at, headers.length);
  for (const [name, value] of headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(name));
    at += buffer.write(name, at, 'utf8');
    at = writeBytes(buffer, at, value);
  }
  return at;
}

/** Writes the header of an uncompressed batch into the room in front of the records, in place. */
export function sealBatch(records: EncodedRecords, seal: BatchSeal): Buffer {
  return writeBatchHeader(records.buffer.subarray(0, records.end), records, seal, 0);
}

/** The same for a body that was compressed: `batch` has the header room in front of the compressed records. */
export function writeBatchHeader(
  batch: Buffer,
  records: Pick<EncodedRecords, 'count' | 'baseTimestampMs' | 'maxTimestampMs'>,
  seal: BatchSeal,
  codec: number,
): Buffer {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(codec | (seal.transactional ? TRANSACTIONAL_FLAG : 0), ATTRIBUTES_AT);
  batch.writeInt32BE(records.count - 1, LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(records.baseTimestampMs), BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(records.maxTimestampMs), MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(seal.producerId), PRODUCER_ID_AT);
  batch.writeInt16BE(seal.producerEpoch, PRODUCER_EPOCH_AT);
  batch.writeInt32BE(seal.baseSequence, BASE_SEQUENCE_AT);
  batch.writeInt32BE(records.count, RECORD_COUNT_AT);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT);
  return batch;
}
