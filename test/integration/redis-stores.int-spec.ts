import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SegmentWriter } from '@hiveframe/streams';
import { redis } from '@hiveframe/streams-redis';
import { describeStores } from '@hiveframe/streams-testing/conformance';
import { Redis } from 'ioredis';
import { redisRollBackPoint } from '../support/redis-roll-back.ts';
import { redisUrl } from '../support/redis.ts';

const url = await redisUrl();

if (url === undefined) {
  it.skip('store port: redis', () => {});
} else {
  describeStores('redis', () => {
    const admin = new Redis(url);
    return {
      stores: async () => redis({ url }),
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
      rollBackPoint: (id) => redisRollBackPoint(admin, id),
      modelRuns: 60,
      stop: async () => admin.disconnect(),
    };
  });

  describe('redis store', () => {
    const admin = new Redis(url);
    const stores = redis({ url });
    const spec = { name: 'store', kind: 'window' } as const;
    const newId = () => ({ applicationId: `app-${randomUUID()}`, store: 'store', partition: 0 });
    afterAll(async () => {
      await stores.close(5_000);
      admin.disconnect();
    });

    it('sends a script again that the server has forgotten', async () => {
      await stores.connect();
      const owner = await stores.open(newId(), spec);
      const flush = { writes: [], expireBeforeMs: null, fromOffset: 0, toOffset: 1 };
      expect(await owner.flush(flush)).toBe('applied');
      await admin.script('FLUSH');
      expect(await owner.flush(flush)).toBe('alreadyApplied');
    });

    it('changes nothing when packed entries are cut off', async () => {
      await stores.connect();
      const owner = await stores.open(newId(), spec);
      const writer = new SegmentWriter();
      for (let i = 0; i < 3_000; i++) writer.append(Buffer.from(`key-${i}`), Buffer.from('value'));
      const { packed, count } = writer.take(0);
      for (const missing of [1, 7, 12]) {
        const writes = [{ segment: 0, count, packed: packed.subarray(0, packed.length - missing) }];
        const flush = { writes, expireBeforeMs: null, fromOffset: 0, toOffset: 1 };
        await expect(owner.flush(flush)).rejects.toMatchObject({ code: 'HFS_STORE', retryable: false });
      }
      expect(await owner.segments()).toEqual([]);
    });

    it('refuses more than one atomic step can carry', async () => {
      await stores.connect();
      const owner = await stores.open(newId(), spec);
      const packed = Buffer.alloc(300 * 1024 * 1024);
      const writes = [0, 1_000].map((segment) => ({ segment, count: 1, packed }));
      const flush = { writes, expireBeforeMs: null, fromOffset: 0, toOffset: 1 };
      await expect(owner.flush(flush)).rejects.toThrow('Commit more often, or by size');
    });

    it('refuses a store that was written as another kind', async () => {
      await stores.connect();
      const id = newId();
      await stores.open(id, spec);
      await expect(stores.open(id, { name: 'store', kind: 'keyValue' })).rejects.toThrow(
        'HFSLAYOUT window-1',
      );
    });

    it('keeps all keys of a partition under one hash tag, and none but its own', async () => {
      await stores.connect();
      const id = newId();
      const owner = await stores.open(id, spec);
      const writer = new SegmentWriter();
      writer.append(Buffer.from('a'), Buffer.from('1'));
      const writes = [writer.take(60_000)];
      await owner.flush({ writes, expireBeforeMs: null, fromOffset: 0, toOffset: 12 });
      const tag = `hfs:{${id.applicationId}:store:0}`;
      expect((await admin.keys(`*${id.applicationId}*`)).sort()).toEqual([
        `${tag}:counts`,
        `${tag}:meta`,
        `${tag}:window:60000`,
        `${tag}:windows`,
      ]);
      expect(await admin.hgetall(`${tag}:meta`)).toEqual({
        epoch: '1',
        offset: '12',
        layout: 'window-1',
        counted: '1',
      });
    });
  });
}
