import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SegmentWriter } from '@hiveframe/streams';
import { describeStores } from '@hiveframe/streams-testing/conformance';
import { inMemoryStores } from './in-memory-stores.ts';

describeStores('in memory', () => {
  const port = inMemoryStores();
  return {
    stores: async () => port,
    uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
    rollBackPoint: async () => {
      const rollBack = port.rollBackPoint();
      return async () => rollBack();
    },
    modelRuns: 100,
  };
});

describe('InMemoryStorePort', () => {
  const id = { applicationId: 'app', store: 'store', partition: 0 };
  const spec = { name: 'store', kind: 'keyValue' } as const;

  it('is not durable, and shares nothing with another port', async () => {
    const port = inMemoryStores();
    expect(port.durable).toBe(false);
    const owner = await port.open(id, spec);
    await owner.flush({ writes: [], expireBeforeMs: null, fromOffset: 0, toOffset: 5 });
    expect((await inMemoryStores().open(id, spec)).changelogOffset).toBeNull();
  });

  it('changes nothing when a flush announces other entries than it brings', async () => {
    const owner = await inMemoryStores().open(id, spec);
    const writer = new SegmentWriter();
    writer.append(Buffer.from('a'), Buffer.from('1'));
    const writes = [{ ...writer.take(null), count: 2 }];
    await expect(owner.flush({ writes, expireBeforeMs: null, fromOffset: 0, toOffset: 1 })).rejects.toThrow(
      '2 entries were announced, 1 came',
    );
    expect(await owner.getMany(null, [Buffer.from('a')])).toEqual([null]);
  });
});
