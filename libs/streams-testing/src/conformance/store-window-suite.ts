/** P5: entries lie in segments, and a closed window goes in one step, by stream time. */
import { describe, expect, it } from '@jest/globals';
import { STORE_TIMEOUT_MS, contentOf, entriesOf, flushOf, textOf } from './store-harness.ts';
import type { StoreHarness } from './store-harness.ts';

const THREE_WINDOWS = flushOf(0, 3, [
  [3_000, [['a', '3']]],
  [1_000, [['a', '1']]],
  [2_000, [['a', '2']]],
]);

export function describeStoreWindows(harness: StoreHarness): void {
  describe('P5 windows', () => {
    it('keeps the same key of several windows apart', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(THREE_WINDOWS);
      expect(await textOf(owner, 1_000, ['a'])).toEqual(['1']);
      expect(await textOf(owner, 3_000, ['a'])).toEqual(['3']);
      expect(await textOf(owner, 4_000, ['a'])).toEqual([null]);
    });

    it('lists the windows that have entries, ascending', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(THREE_WINDOWS);
      await owner.flush(
        flushOf(3, 4, [
          [-5_000, [['a', 'before 1970']]],
          [20_000, [['a', '20']]],
        ]),
      );
      expect(await owner.segments()).toEqual([-5_000, 1_000, 2_000, 3_000, 20_000]);
    });

    it('forgets a window whose last entry is deleted', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(THREE_WINDOWS);
      await owner.flush(
        flushOf(3, 5, [
          [2_000, [['a', null]]],
          [9_000, [['never', null]]],
        ]),
      );
      expect(await owner.segments()).toEqual([1_000, 3_000]);
    });

    it('has no windows in a key-value store', async () => {
      const owner = await harness.store('keyValue').open();
      await owner.flush(flushOf(0, 1, [[null, [['a', '1']]]]));
      expect(await owner.segments()).toEqual([]);
    });

    it('removes the windows that start before the limit, whole, and only those', async () => {
      const store = harness.store('window');
      const owner = await store.open();
      await owner.flush(THREE_WINDOWS);
      await owner.flush(flushOf(3, 4, [], 2_000));
      expect(await contentOf(owner)).toEqual({ 2000: { a: '2' }, 3000: { a: '3' } });
      expect(await entriesOf(await store.reader(), 1_000)).toEqual({});
    });

    it('does not bring back a window that expires in the same flush', async () => {
      const owner = await harness.store('window').open();
      await owner.flush(THREE_WINDOWS);
      await owner.flush(
        flushOf(
          3,
          5,
          [
            [1_000, [['late', '1']]],
            [3_000, [['b', '3']]],
          ],
          3_000,
        ),
      );
      expect(await contentOf(owner)).toEqual({ 3000: { a: '3', b: '3' } });
    });

    it('clears every window', async () => {
      const store = harness.store('window');
      const owner = await store.open();
      await owner.flush(THREE_WINDOWS);
      await owner.clear();
      expect(await owner.segments()).toEqual([]);
      expect(await textOf(await store.reader(), 2_000, ['a'])).toEqual([null]);
    });

    it(
      'writes and expires thousands of windows at once',
      async () => {
        const owner = await harness.store('window').open();
        const starts = Array.from({ length: 5_000 }, (_, i) => i * 1_000);
        await owner.flush(
          flushOf(
            0,
            5_000,
            starts.map((start) => [start, [['a', String(start)]]]),
          ),
        );
        expect(await owner.segments()).toEqual(starts);
        await owner.flush(flushOf(5_000, 5_001, [], 4_990_000));
        expect(await owner.segments()).toEqual(starts.slice(-10));
        expect(await textOf(owner, 0, ['a'])).toEqual([null]);
        expect(await textOf(owner, 4_995_000, ['a'])).toEqual(['4995000']);
      },
      STORE_TIMEOUT_MS,
    );
  });
}
