/** Bytes of a state entry, in the changelog and in the store:
 *  changelog key  key-value: key bytes · window: key bytes | windowStartMs int64 BE
 *  value          timestampMs int64 BE | value bytes; null deletes (changelog tombstone) */
import type { Bytes } from '../record/record.ts';
import type { SegmentId } from '../ports/store.ts';
import { readInt64, writeInt64 } from '../record-batch/int64.ts';

const WINDOW_START_BYTES = 8;

export interface StateValue {
  readonly timestampMs: number;
  readonly value: Bytes;
}

export function encodeChangelogKey(key: Bytes, segment: SegmentId): Bytes {
  if (segment === null) return key;
  const bytes = Buffer.allocUnsafe(key.length + WINDOW_START_BYTES);
  bytes.set(key, 0);
  writeInt64(bytes, segment, key.length);
  return bytes;
}

/** Where the key proper ends, in a changelog key that ends at `end`. */
export function changelogKeyEnd(end: number, windowed: boolean): number {
  return windowed ? end - WINDOW_START_BYTES : end;
}
/** The segment that a changelog key names, whose key proper ends at `keyEnd`. */
export function changelogSegment(buffer: Buffer, keyEnd: number, windowed: boolean): SegmentId {
  return windowed ? readInt64(buffer, keyEnd) : null;
}

export function decodeStateValue(bytes: Bytes): StateValue {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { timestampMs: readInt64(buffer, 0), value: buffer.subarray(8) };
}
