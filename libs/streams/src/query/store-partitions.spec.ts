import { describe, expect, it } from '@jest/globals';
import {
  StreamsBuilder,
  string,
  systemClock,
  topic,
  type StorePort,
  type StoreReader,
} from '@hiveframe/streams';
import { ChangelogEnds } from './changelog-ends.ts';
import { findStore } from './store-layout.ts';
import { StorePartitions } from './store-partitions.ts';

/** Stands one commit further on each time it is asked. */
function movingStores(...positions: number[]): StorePort {
  const reader = { position: async () => positions.shift()!, segments: async () => [] };
  return { durable: true, reader: () => reader as unknown as StoreReader } as unknown as StorePort;
}

describe('StorePartitions', () => {
  it('tells of several reads the position of the first: what was read shows no more for certain', async () => {
    const builder = new StreamsBuilder();
    const words = builder.stream(topic('words', { key: string(), value: string() }));
    words.groupByKey({ name: 'by-word' }).count({ store: { name: 'counts' } });
    const partitions = new StorePartitions(findStore(builder.build().graph, 'counts'), {
      applicationId: 'queries',
      stores: movingStores(5, 9),
      ends: new ChangelogEnds({ offsets: async () => [{ topic: '', partition: 0, offset: 9 }] }, systemClock),
      maxLagOffsets: 100,
      numPartitions: () => 1,
      locate: () => ({ kind: 'opening' }),
    });
    for (let read = 0; read < 2; read++) await partitions.read(0, (reader) => reader.segments());
    expect(partitions.positions).toEqual([{ store: 'counts', partition: 0, offset: 5 }]);
    expect(await partitions.lagOffsets()).toBe(4);
  });
});
