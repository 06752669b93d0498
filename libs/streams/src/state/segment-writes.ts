/** Packs the writes of one segment for a store's flush, and walks them again:
 *  `keyLength u32 BE | key | valueLength u32 BE (0xffffffff: delete, no bytes) | value`, entry after entry.
 *  S1 `append` copies key and value once; the caller may reuse them at once.
 *  S2 `take` hands the buffer over and starts a new one; nothing of it is touched afterwards.
 *  S3 Entries count in order: of two for one key the later one wins. */
import { InvariantError } from '../errors/streams.error.ts';
import type { SegmentId, SegmentWrites } from '../ports/store.ts';
import type { Bytes } from '../record/record.ts';

const INITIAL_BYTES = 4 * 1024;
/** A buffer this large is not given again before it is needed: one great flush must not fix the size of all later ones. */
const MAX_REMEMBERED_BYTES = 1 << 20;
const LENGTH_BYTES = 4;
const DELETED = 0xffffffff;
/** Below this a loop is quicker than a call of `set`. */
const LOOP_COPY_BYTES = 32;

export class SegmentWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #end = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }
  get sizeBytes(): number {
    return this.#end;
  }

  /** A null value deletes the key; an empty one is kept as it is. */
  append(key: Bytes, value: Bytes | null): void {
    const valueBytes = value === null ? 0 : value.length;
    this.#reserve(2 * LENGTH_BYTES + key.length + valueBytes);
    const buffer = this.#buffer;
    let at = writeLength(buffer, this.#end, key.length);
    at = copyInto(buffer, at, key);
    at = writeLength(buffer, at, value === null ? DELETED : valueBytes);
    this.#end = value === null ? at : copyInto(buffer, at, value);
    this.#count++;
  }

  /** The same for key and value that lie in one buffer; `valueStart` -1 deletes the key. */
  appendFrom(source: Buffer, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const isDeleted = valueStart < 0;
    const valueBytes = isDeleted ? 0 : valueEnd - valueStart;
    this.#reserve(2 * LENGTH_BYTES + keyEnd - keyStart + valueBytes);
    const buffer = this.#buffer;
    let at = writeLength(buffer, this.#end, keyEnd - keyStart);
    at = copyRange(buffer, at, source, keyStart, keyEnd);
    at = writeLength(buffer, at, isDeleted ? DELETED : valueBytes);
    this.#end = isDeleted ? at : copyRange(buffer, at, source, valueStart, valueEnd);
    this.#count++;
  }

  /** The writes so far; the writer starts anew. */
  take(segment: SegmentId): SegmentWrites {
    const writes: SegmentWrites = {
      segment,
      count: this.#count,
      packed: this.#buffer.subarray(0, this.#end),
    };
    this.#buffer = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, Math.min(this.#end, MAX_REMEMBERED_BYTES)));
    this.#end = 0;
    this.#count = 0;
    return writes;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

function writeLength(buffer: Buffer, at: number, length: number): number {
  buffer[at] = length >>> 24;
  buffer[at + 1] = length >>> 16;
  buffer[at + 2] = length >>> 8;
  buffer[at + 3] = length;
  return at + LENGTH_BYTES;
}

function copyInto(buffer: Buffer, at: number, bytes: Bytes): number {
  const length = bytes.length;
  if (length > LOOP_COPY_BYTES) buffer.set(bytes, at);
  else for (let i = 0; i < length; i++) buffer[at + i] = bytes[i]!;
  return at + length;
}

function copyRange(buffer: Buffer, at: number, source: Buffer, start: number, end: number): number {
  if (end - start > LOOP_COPY_BYTES) return at + source.copy(buffer, at, start, end);
  for (let i = start; i < end; i++) buffer[at++] = source[i]!;
  return at;
}

/** Walks packed entries without making an object per entry: after `next()` the fields tell where the entry lies in `buffer`. */
export class SegmentCursor {
  readonly buffer: Buffer;
  keyStart = 0;
  keyEnd = 0;
  /** -1: the key is deleted. */
  valueStart = 0;
  valueEnd = 0;
  #position = 0;

  constructor(packed: Bytes) {
    this.buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  }

  /** Moves to the next entry; false when there is none. Throws when the entries do not end where the bytes end. */
  next(): boolean {
    if (this.#position === this.buffer.length) return false;
    this.keyStart = this.#position + LENGTH_BYTES;
    this.keyEnd = this.keyStart + this.#length(this.#position);
    const valueLength = this.#length(this.keyEnd);
    const deleted = valueLength === DELETED;
    const afterLength = this.keyEnd + LENGTH_BYTES;
    this.#position = afterLength + (deleted ? 0 : valueLength);
    if (this.#position > this.buffer.length) throw truncated(this.buffer.length);
    this.valueStart = deleted ? -1 : afterLength;
    this.valueEnd = deleted ? -1 : this.#position;
    return true;
  }

  /** A view into the packed bytes: copy what outlives them. */
  key(): Buffer {
    return this.buffer.subarray(this.keyStart, this.keyEnd);
  }
  value(): Buffer | null {
    return this.valueStart < 0 ? null : this.buffer.subarray(this.valueStart, this.valueEnd);
  }

  #length(at: number): number {
    if (at + LENGTH_BYTES > this.buffer.length) throw truncated(this.buffer.length);
    return this.buffer.readUInt32BE(at);
  }
}

function truncated(bytes: number): InvariantError {
  return new InvariantError(`Cannot read segment writes of ${bytes} bytes: the last entry is cut off.`);
}
