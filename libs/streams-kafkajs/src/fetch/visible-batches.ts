/** From the bytes of a fetched partition to the batches a reader may see. Follows Kafka's `CompletedFetch.java`:
 *  V1 The broker names aborted transactions in the order they ended; they count from their first offset on, so they are
 *     taken in that order: interleaved aborts would slip through otherwise.
 *  V2 A producer is in an aborted transaction from its first offset to its abort marker; the set starts anew with every
 *     fetch, because the broker names all that reach into it.
 *  V3 Batches are judged whole, control batches by their flag, never by their key.
 *  V4 Where to go on is told by batch headers alone: the tail of a batch may be compacted away, a batch may be empty. */
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  CODEC_MASK,
  CONTROL_FLAG,
  CRC_AT,
  crc32c,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_FLAG,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  TRANSACTIONAL_FLAG,
  type RecordBatch,
} from '@hiveframe/streams';
import { decompress } from '../compression/codec.ts';
import { messageOf } from '../cluster/failures.ts';
import type { AbortedTransaction } from '../protocol/fetch.ts';

const LENGTH_AT = 8;
const MAGIC_AT = 16;
/** Bytes of a batch that its length field does not count. */
const LENGTH_PREFIX_BYTES = 12;
const ABORT_MARKER = 0;
/** More than any batch of common size holds. */
const MAX_BATCH_OFFSETS = 10_000_000;

export interface VisibleBatches {
  readonly batches: RecordBatch[];
  readonly nextOffset: number;
  /** Uncompressed. */
  readonly sizeBytes: number;
}
export interface VisibilityOptions {
  readonly readCommitted: boolean;
  readonly crcCheck: boolean;
}

/** A batch that cannot be read: bytes damaged on the way or on disk, or a codec that is not Kafka's. */
export class DamagedBatch extends Error {
  override readonly name = 'DamagedBatch';
  readonly offset: number;
  /** After the batch, as far as its header can be believed; null: not at all. */
  readonly nextOffset: number | null;
  constructor(offset: number, why: string, nextOffset: number | null = null) {
    super(`the record batch at offset ${offset} ${why}`);
    this.offset = offset;
    this.nextOffset = nextOffset;
  }
}

/** What comes before a damaged batch is still given; the next fetch starts at the damage.
 *  @throws DamagedBatch when the first batch is damaged */
export function visibleBatches(
  records: Buffer,
  fromOffset: number,
  abortedTransactions: readonly AbortedTransaction[],
  options: VisibilityOptions,
): VisibleBatches {
  const aborted = new AbortedProducers(options.readCommitted ? abortedTransactions : []);
  const batches: RecordBatch[] = [];
  let nextOffset = fromOffset;
  let sizeBytes = 0;
  let at = 0;
  const read = (end: number): void => {
    const baseOffset = int64(records, at);
    check(records, at, end, baseOffset, options.crcCheck);
    const lastOffset = baseOffset + records.readInt32BE(at + LAST_OFFSET_DELTA_AT);
    if (lastOffset >= fromOffset && aborted.isVisible(records, at, end, lastOffset)) {
      const batch = openBatch(records, at, end, baseOffset);
      if (batch.count > 0) batches.push(batch);
      sizeBytes += batch.end - batch.start;
    }
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    at = end;
  };
  while (at + BATCH_HEADER_BYTES <= records.length) {
    const end = at + LENGTH_PREFIX_BYTES + records.readInt32BE(at + LENGTH_AT);
    if (end > records.length) break; // cut off by the byte limit
    try {
      read(end);
    } catch (error) {
      if (error instanceof DamagedBatch && nextOffset > fromOffset) break;
      throw error;
    }
  }
  return { batches, nextOffset, sizeBytes };
}

/** V1, V2: who is in an aborted transaction, moving along the batches. */
class AbortedProducers {
  readonly #upcoming: AbortedTransaction[];
  readonly #active = new Set<number>();
  #next = 0;

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#upcoming = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  isVisible(records: Buffer, at: number, end: number, lastOffset: number): boolean {
    const attributes = records.readInt16BE(at + ATTRIBUTES_AT);
    const producerId = int64(records, at + PRODUCER_ID_AT);
    while (this.#next < this.#upcoming.length && this.#upcoming[this.#next]!.firstOffset <= lastOffset) {
      this.#active.add(this.#upcoming[this.#next++]!.producerId);
    }
    if ((attributes & CONTROL_FLAG) !== 0) {
      if (isAbortMarker(records, at, end)) this.#active.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL_FLAG) === 0 || !this.#active.has(producerId);
  }
}

/** A control record's key is version i16, type i16. Control batches hold one record and are never compressed. */
function isAbortMarker(records: Buffer, at: number, end: number): boolean {
  if (records.readInt32BE(at + RECORD_COUNT_AT) === 0) return false; // compacted away
  let position = at + BATCH_HEADER_BYTES;
  const skipVarint = (): void => {
    while (position < end && records[position++]! & 128);
  };
  skipVarint(); // length
  position += 1; // attributes
  skipVarint(); // timestamp delta
  skipVarint(); // offset delta
  skipVarint(); // key length
  return position + 4 <= end && records.readInt16BE(position + 2) === ABORT_MARKER;
}

function check(records: Buffer, at: number, end: number, baseOffset: number, crcCheck: boolean): void {
  if (end - at < BATCH_HEADER_BYTES) throw new DamagedBatch(baseOffset, 'is shorter than its header');
  const magic = records[at + MAGIC_AT]!;
  if (magic !== 2) {
    throw new DamagedBatch(
      baseOffset,
      `has message format ${magic}: only format 2 (Kafka 0.11 and newer) is read`,
    );
  }
  if (!crcCheck) return;
  const expected = records.readUInt32BE(at + CRC_AT);
  const actual = crc32c(records.subarray(at + ATTRIBUTES_AT, end));
  if (actual !== expected) {
    throw new DamagedBatch(
      baseOffset,
      `is damaged: its CRC is ${hex(expected)}, its bytes give ${hex(actual)}`,
      offsetAfter(records, at, baseOffset),
    );
  }
}

/** By the two fields that must agree; a batch never holds more offsets than records but for compaction, so a wild number is damage. */
function offsetAfter(records: Buffer, at: number, baseOffset: number): number | null {
  const lastDelta = records.readInt32BE(at + LAST_OFFSET_DELTA_AT);
  const count = records.readInt32BE(at + RECORD_COUNT_AT);
  const agrees = lastDelta >= 0 && count >= 0 && count <= lastDelta + 1 && lastDelta < MAX_BATCH_OFFSETS;
  return agrees ? baseOffset + lastDelta + 1 : null;
}

function openBatch(records: Buffer, at: number, end: number, baseOffset: number): RecordBatch {
  const attributes = records.readInt16BE(at + ATTRIBUTES_AT);
  const header = {
    count: records.readInt32BE(at + RECORD_COUNT_AT),
    baseOffset,
    baseTimestampMs: int64(records, at + BASE_TIMESTAMP_AT),
    logAppendTimeMs: attributes & LOG_APPEND_TIME_FLAG ? int64(records, at + MAX_TIMESTAMP_AT) : null,
  };
  const codec = attributes & CODEC_MASK;
  if (codec === 0) return { ...header, buffer: records, start: at + BATCH_HEADER_BYTES, end };
  const nextOffset = baseOffset + records.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1;
  const body = inflate(
    codec,
    records.subarray(at + BATCH_HEADER_BYTES, end),
    header.count,
    baseOffset,
    nextOffset,
  );
  return { ...header, buffer: body, start: 0, end: body.length };
}

function inflate(codec: number, body: Buffer, count: number, baseOffset: number, nextOffset: number): Buffer {
  if (count === 0) return body.subarray(0, 0);
  try {
    return decompress(codec, body);
  } catch (error) {
    throw new DamagedBatch(baseOffset, `cannot be decompressed: ${messageOf(error)}`, nextOffset);
  }
}

function int64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
