import { describe, expect, it } from '@jest/globals';
import type { FetchedRecords, RecordBatch } from '@hiveframe/streams';
import { PartitionFetch } from './partition-fetch.ts';

const AT = { topic: 'a', partition: 0 };
const batchAt = (baseOffset: number): RecordBatch => ({
  buffer: Buffer.alloc(0),
  start: 0,
  end: 0,
  count: 1,
  baseOffset,
  baseTimestampMs: 0,
  logAppendTimeMs: null,
});
function chunk(fromOffset: number, nextOffset: number, baseOffsets: readonly number[]): FetchedRecords {
  const offsets = { fromOffset, nextOffset, highWatermark: nextOffset + 9, lastStableOffset: nextOffset };
  return { ...AT, ...offsets, batches: baseOffsets.map(batchAt), sizeBytes: 100 };
}

describe('PartitionFetch', () => {
  it('gives what was read ahead as one, up to the bytes asked for', () => {
    const partition = new PartitionFetch(AT, 0);
    for (const from of [0, 10, 20]) partition.push(chunk(from, from + 10, [from]));
    expect(partition.bufferedBytes).toBe(300);
    const taken = partition.take(150)!;
    expect(taken).toMatchObject({ fromOffset: 0, nextOffset: 20, highWatermark: 29, sizeBytes: 200 });
    expect(taken.batches.map(({ baseOffset }) => baseOffset)).toEqual([0, 10]);
    expect([partition.bufferedBytes, partition.isEmpty]).toEqual([100, false]);
    expect(partition.take(150)?.fromOffset).toBe(20);
    expect(partition.take(150)).toBeNull();
  });

  it('gives a chunk apart whose first batch begins before its offset: those records would come twice', () => {
    const partition = new PartitionFetch(AT, 0);
    partition.push(chunk(0, 10, [0]));
    partition.push(chunk(10, 20, [8]));
    expect(partition.take(1_000)?.nextOffset).toBe(10);
    expect(partition.take(1_000)).toMatchObject({ fromOffset: 10, nextOffset: 20 });
  });

  it('moves on through chunks without records', () => {
    const partition = new PartitionFetch(AT, 0);
    partition.push({ ...chunk(0, 10, []), sizeBytes: 0 });
    partition.push(chunk(10, 20, [10]));
    expect(partition.take(1_000)).toMatchObject({ fromOffset: 0, nextOffset: 20 });
  });
});
