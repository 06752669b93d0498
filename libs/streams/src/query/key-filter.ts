/** Which keys a query asks for, and their order: by the bytes that the store's serde writes. */
import type { Bytes } from '../record/record.ts';
import type { KeyRange } from '../topology/store-ref.ts';
import type { CommittedEntries } from './committed-entries.ts';

export function compareBytes(a: Bytes, b: Bytes): number {
  return Buffer.compare(a, b);
}

/** @param prefix bytes that keys begin with; @throws InvalidQueryError, SerdeNotReadyError */
export function keyFilter(
  entries: CommittedEntries,
  { from, to }: KeyRange<unknown>,
  prefix: Bytes | null = null,
): (key: Bytes) => boolean {
  const first = from === undefined ? null : entries.encodeKey(from);
  const last = to === undefined ? null : entries.encodeKey(to);
  return (key) =>
    (first === null || compareBytes(key, first) >= 0) &&
    (last === null || compareBytes(key, last) <= 0) &&
    (prefix === null || compareBytes(key.subarray(0, prefix.length), prefix) === 0);
}
