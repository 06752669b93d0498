/** P2, P3: a flush happens wholly or not at all, and only where it continues what is stored. */
import { describe, expect, it } from '@jest/globals';
import type { StoreFlush } from '@hiveframe/streams';
import { STORE_TIMEOUT_MS, bytes, contentOf, flushOf, keyValueFlush } from './store-harness.ts';
import type { StoreHarness } from './store-harness.ts';

/** Everything a flush can change, over windows 1000 and 2000. */
function sweepingFlush(fromOffset: number, toOffset: number): StoreFlush {
  const segments = [
    [2_000, [['a', 'changed'] as const, ['b', null] as const]],
    [3_000, [['c', 'new'] as const]],
  ] as const;
  return flushOf(fromOffset, toOffset, segments, 2_000);
}
const BEFORE = flushOf(0, 10, [
  [1_000, [['a', '1']]],
  [
    2_000,
    [
      ['a', '2'],
      ['b', '2'],
    ],
  ],
]);

export function describeStoreFlush(harness: StoreHarness): void {
  describe('P2 data and checkpoint change together or not at all', () => {
    it('opens a new partition as empty', async () => {
      expect((await harness.store('keyValue').open()).changelogOffset).toBeNull();
    });

    it('moves the checkpoint with the data', async () => {
      const store = harness.store('keyValue');
      await (await store.open()).flush(keyValueFlush(0, 7, [['a', '1']]));
      expect((await store.open()).changelogOffset).toBe(7);
    });

    it.each(['fenced', 'gap'] as const)('changes nothing at all when the answer is %s', async (answer) => {
      const store = harness.store('window');
      const owner = await store.open();
      await owner.flush(BEFORE);
      const content = await contentOf(owner);
      if (answer === 'fenced') await store.open();
      expect(await owner.flush(sweepingFlush(answer === 'gap' ? 9 : 10, 20))).toBe(answer);
      expect(await contentOf(owner)).toEqual(content);
      expect((await store.open()).changelogOffset).toBe(10);
    });

    it('changes everything when it applies', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(BEFORE);
      expect(await owner.flush(sweepingFlush(10, 20))).toBe('applied');
      expect(await contentOf(owner)).toEqual({ 2000: { a: 'changed' }, 3000: { c: 'new' } });
    });

    it('moves the checkpoint without data: aborted records take offsets too', async () => {
      const store = harness.store('keyValue');
      expect(await (await store.open()).flush(keyValueFlush(0, 5, []))).toBe('applied');
      expect((await store.open()).changelogOffset).toBe(5);
    });

    it(
      'applies 50,000 entries at once',
      async () => {
        const owner = await harness.store('keyValue').open();
        const value = Buffer.alloc(49, 7);
        const writes = Array.from({ length: 50_000 }, (_, i) => [`sensor-${i}`, value] as const);
        expect(await owner.flush(keyValueFlush(0, writes.length, writes))).toBe('applied');
        const keys = writes.map(([key]) => bytes(key));
        const values = await owner.getMany(null, keys);
        expect(values).toHaveLength(keys.length);
        expect(values.every((one) => one !== null && Buffer.compare(one, value) === 0)).toBe(true);
      },
      STORE_TIMEOUT_MS,
    );

    it('refuses a flush that goes back, and a segment of the other kind of store', async () => {
      const owner = await harness.store('keyValue').open();
      await expect(owner.flush(keyValueFlush(5, 4, []))).rejects.toThrow();
      await expect(owner.flush(flushOf(0, 1, [[1_000, [['a', '1']]]]))).rejects.toThrow();
      expect(await contentOf(owner)).toEqual({});
    });
  });

  describe('P3 compare-and-set of the changelog offset', () => {
    it('finds a gap when it starts behind or ahead of what is stored', async () => {
      const owner = await harness.store('keyValue').open();
      await owner.flush(keyValueFlush(0, 10, [['a', '1']]));
      expect(await owner.flush(keyValueFlush(5, 15, [['a', '2']]))).toBe('gap');
      expect(await owner.flush(keyValueFlush(11, 15, [['a', '2']]))).toBe('gap');
      expect(await owner.flush(keyValueFlush(10, 15, [['a', '3']]))).toBe('applied');
    });

    it('finds a gap in an empty store that should have held something', async () => {
      const owner = await harness.store('keyValue').open();
      expect(await owner.flush(keyValueFlush(10, 15, [['a', '1']]))).toBe('gap');
      expect(await contentOf(owner)).toEqual({});
    });

    it('knows a flush that was applied already, and does not apply it again', async () => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      const flush = keyValueFlush(0, 10, [['a', '1']]);
      expect(await owner.flush(flush)).toBe('applied');
      expect(await owner.flush(flush)).toBe('alreadyApplied');
      await owner.flush(keyValueFlush(10, 20, [['a', '2']]));
      expect(await owner.flush(flush)).toBe('gap');
      expect(await contentOf(owner)).toEqual({ null: { a: '2' } });
    });

    it('expires by stream time alone: a flush that moves no offset is applied, however often it is sent', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(BEFORE);
      const expiry = flushOf(10, 10, [], 2_000);
      expect(await owner.flush(expiry)).toBe('applied');
      expect(await owner.flush(expiry)).toBe('applied');
      expect(await owner.segments()).toEqual([2_000]);
    });

    it.each([2 ** 31 + 1, 2 ** 32 + 1, 2 ** 53 - 3])('compares offset %d exactly', async (offset) => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      expect(await owner.flush(keyValueFlush(0, offset, [['a', '1']]))).toBe('applied');
      expect(await owner.flush(keyValueFlush(offset - 1, offset + 1, [['a', '2']]))).toBe('gap');
      expect(await owner.flush(keyValueFlush(offset + 1, offset + 2, [['a', '3']]))).toBe('gap');
      expect(await owner.flush(keyValueFlush(offset, offset + 1, [['a', '4']]))).toBe('applied');
      expect((await store.open()).changelogOffset).toBe(offset + 1);
    });
  });
}
