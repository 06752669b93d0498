import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  CRC_AT,
  crc32c,
  LAST_OFFSET_DELTA_AT,
  type RecordBatch,
} from '@hiveframe/streams';
import type { StoredBatch } from '../storage/batch-table.ts';

/** False for bytes that changed since they were written. */
export function isSound({ bytes }: StoredBatch): boolean {
  if (bytes.length < BATCH_HEADER_BYTES) return false;
  return crc32c(bytes.subarray(ATTRIBUTES_AT)) === bytes.readUInt32BE(CRC_AT);
}

/** A stored batch as the cursor takes it. */
export function recordBatch({ bytes, endOffset }: StoredBatch): RecordBatch {
  const count = bytes.readInt32BE(LAST_OFFSET_DELTA_AT) + 1;
  return {
    buffer: bytes,
    start: BATCH_HEADER_BYTES,
    end: bytes.length,
    count,
    baseOffset: endOffset - count,
    baseTimestampMs: Number(bytes.readBigInt64BE(BASE_TIMESTAMP_AT)),
    logAppendTimeMs: null,
  };
}
