import { describe, expect, it } from '@jest/globals';
import {
  BATCH_HEADER_BYTES,
  RecordBatchWriter,
  RecordCursor,
  SegmentCursor,
  type SegmentWrites,
} from '@hiveframe/streams';
import { encodeChangelogKey } from '../changelog-codec.ts';
import { LastWrites } from './last-writes.ts';

type Change = readonly [key: string, value: string | null, windowStartMs?: number];

function gather(writes: LastWrites, changes: readonly Change[]): void {
  const batch = new RecordBatchWriter();
  for (const [key, value, windowStartMs] of changes) {
    const changelogKey = encodeChangelogKey(Buffer.from(key), windowStartMs ?? null);
    batch.append(changelogKey, value === null ? null : Buffer.from(value), 1);
  }
  const { buffer, end, count, baseTimestampMs } = batch.take();
  const place = { baseOffset: 0, baseTimestampMs, logAppendTimeMs: null };
  const cursor = new RecordCursor();
  cursor.reset([{ buffer, start: BATCH_HEADER_BYTES, end, count, ...place }], 0);
  while (cursor.next()) writes.add(cursor);
}

function entriesOf({ count, packed }: SegmentWrites): [string, string | null][] {
  const entries: [string, string | null][] = [];
  for (const cursor = new SegmentCursor(packed); cursor.next();) {
    entries.push([cursor.key().toString(), cursor.value()?.toString() ?? null]);
  }
  expect(entries).toHaveLength(count);
  return entries;
}

describe('LastWrites', () => {
  it('keeps the last of several records for a key, deletions too, also from different batches', () => {
    const writes = new LastWrites(false);
    gather(writes, [
      ['a', '1'],
      ['b', '1'],
      ['a', null],
    ]);
    gather(writes, [
      ['b', '22'],
      ['c', ''],
    ]);
    expect(writes.count).toBe(5);
    const [segment] = writes.take();
    expect(segment!.segment).toBeNull();
    expect(entriesOf(segment!)).toEqual([
      ['a', null],
      ['b', '22'],
      ['c', ''],
    ]);
    expect([writes.count, writes.sizeBytes, writes.take()]).toEqual([0, 0, []]);
  });

  it('keeps the windows of a key apart', () => {
    const writes = new LastWrites(true);
    gather(writes, [
      ['a', '1', 0],
      ['a', '2', 60_000],
      ['a', '3', 0],
    ]);
    const bySegment = new Map(writes.take().map((segment) => [segment.segment, entriesOf(segment)]));
    expect(bySegment).toEqual(
      new Map([
        [0, [['a', '3']]],
        [60_000, [['a', '2']]],
      ]),
    );
  });

  it('copies long values and keys of any bytes', () => {
    const writes = new LastWrites(false);
    const value = 'x'.repeat(1_000);
    gather(writes, [['ключ', value]]);
    expect(entriesOf(writes.take()[0]!)).toEqual([['ключ', value]]);
    expect(writes.sizeBytes).toBe(0);
  });
});
