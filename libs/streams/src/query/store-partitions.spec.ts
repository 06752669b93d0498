import { describe, expect, it } from '@jest/globals';
import {
  StreamsBuilder,
  string,
  systemClock,
  topic,
  type StoreEntry,
  type StorePort,
  type StoreReader,
} from '@hiveframe/streams';
import { ChangelogEnds } from './changelog-ends.ts';
import { CommittedEntries } from './committed-entries.ts';
import { findStore } from './store-layout.ts';
import { readPage } from './store-page.ts';
import { StorePartitions } from './store-partitions.ts';

function partitionsOf(reader: Partial<StoreReader>, numPartitions = 1): StorePartitions {
  const builder = new StreamsBuilder();
  const words = builder.stream(topic('words', { key: string(), value: string() }));
  words.groupByKey({ name: 'by-word' }).count({ store: { name: 'counts' } });
  return new StorePartitions(findStore(builder.build().graph, 'counts'), {
    applicationId: 'queries',
    stores: { durable: true, reader: () => reader } as unknown as StorePort,
    ends: new ChangelogEnds({ offsets: async () => [{ topic: '', partition: 0, offset: 9 }] }, systemClock),
    maxLagOffsets: 100,
    numPartitions: () => numPartitions,
    locate: () => ({ kind: 'opening' }),
  });
}

async function* nothing(): AsyncGenerator<StoreEntry[]> {}

describe('StorePartitions', () => {
  it('tells of several reads the position of the first: what was read shows no more for certain', async () => {
    const positions = [5, 9]; // a commit comes between the two
    const partitions = partitionsOf({ position: async () => positions.shift()!, segments: async () => [] });
    for (let read = 0; read < 2; read++) await partitions.read(0, (reader) => reader.segments());
    expect(partitions.positions).toEqual([{ store: 'counts', partition: 0, offset: 5 }]);
    expect(await partitions.lagOffsets()).toBe(4);
  });
});

describe('a page', () => {
  it('ends after some hundred partitions, however empty they are', async () => {
    const numRead: number[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const partitions = partitionsOf({ position: async () => 9, scan: nothing }, 600);
      const request = { limit: 10, ...(cursor !== undefined && { cursor }) };
      ({ cursor } = await readPage(new CommittedEntries(partitions), request, () => []));
      numRead.push(partitions.positions.length);
    }
    expect(numRead).toEqual([256, 256, 88]);
  });
});
