/** Bytes of a state entry, in the changelog and in the store:
 *  changelog key  key-value: key bytes · window: key bytes | windowStartMs int64 BE
 *  value          timestampMs int64 BE | value bytes; null deletes (changelog tombstone) */
import type { Bytes } from '../record/record.ts';
import type { SegmentId } from '../ports/store.ts';
import { readInt64, writeInt64 } from '../record-batch/int64.ts';

export interface StateValue {
  readonly timestampMs: number;
  readonly value: Bytes;
}

export function encodeChangelogKey(key: Bytes, segment: SegmentId): Bytes {
  if (segment === null) return key;
  const bytes = Buffer.allocUnsafe(key.length + 8);
  bytes.set(key, 0);
  writeInt64(bytes, segment, key.length);
  return bytes;
}

export function decodeChangelogKey(
  bytes: Buffer,
  windowed: boolean,
): { readonly key: Bytes; readonly segment: SegmentId } {
  if (!windowed) return { key: bytes, segment: null };
  const keyBytes = bytes.length - 8;
  return { key: bytes.subarray(0, keyBytes), segment: readInt64(bytes, keyBytes) };
}

export function encodeStateValue(value: Bytes, timestampMs: number): Bytes {
  const bytes = Buffer.allocUnsafe(value.length + 8);
  writeInt64(bytes, timestampMs, 0);
  bytes.set(value, 8);
  return bytes;
}

export function decodeStateValue(bytes: Bytes): StateValue {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { timestampMs: readInt64(buffer, 0), value: buffer.subarray(8) };
}
