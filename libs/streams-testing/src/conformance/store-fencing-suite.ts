/** P3: a newer owner fences the older ones; clear; partitions do not touch each other. */
import { describe, expect, it } from '@jest/globals';
import { contentOf, keyValueFlush, textOf } from './store-harness.ts';
import type { StoreHarness } from './store-harness.ts';

export function describeStoreFencing(harness: StoreHarness): void {
  describe('P3 fencing', () => {
    it('refuses the flush of an older owner, and still lets it read', async () => {
      const store = harness.store('keyValue');
      const older = await store.open();
      await older.flush(keyValueFlush(0, 10, [['a', '1']]));
      const newer = await store.open();
      expect(newer.changelogOffset).toBe(10);
      expect(await older.flush(keyValueFlush(10, 20, [['a', 'zombie']]))).toBe('fenced');
      expect(await newer.flush(keyValueFlush(10, 15, [['a', '2']]))).toBe('applied');
      expect(await older.flush(keyValueFlush(15, 20, [['a', 'zombie']]))).toBe('fenced');
      expect(await textOf(older, null, ['a'])).toEqual(['2']);
    });

    it('tells an older owner that it is fenced even when its flush was applied', async () => {
      const store = harness.store('keyValue');
      const older = await store.open();
      const flush = keyValueFlush(0, 10, [['a', '1']]);
      await older.flush(flush);
      await store.open();
      expect(await older.flush(flush)).toBe('fenced');
    });

    it('refuses the clear of an older owner', async () => {
      const store = harness.store('keyValue');
      const older = await store.open();
      await older.flush(keyValueFlush(0, 10, [['a', '1']]));
      await store.open();
      expect(await older.clear()).toBe('fenced');
      expect(await contentOf(older)).toEqual({ null: { a: '1' } });
    });

    it('fences within one client as between two', async () => {
      const stores = await harness.stores();
      const id = harness.newId();
      const older = await stores.open(id, { name: 'store', kind: 'keyValue' });
      const newer = await stores.open(id, { name: 'store', kind: 'keyValue' });
      expect(await older.flush(keyValueFlush(0, 1, []))).toBe('fenced');
      expect(await newer.flush(keyValueFlush(0, 1, []))).toBe('applied');
    });

    it('is not fenced by readers', async () => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      await textOf(await store.reader(), null, ['a']);
      expect(await owner.flush(keyValueFlush(0, 1, []))).toBe('applied');
    });
  });

  describe('clear', () => {
    it('removes data and checkpoint, so that a rebuild starts at zero', async () => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      await owner.flush(keyValueFlush(0, 10, [['a', '1']]));
      expect(await owner.clear()).toBe('applied');
      expect(await contentOf(owner)).toEqual({});
      expect(await owner.flush(keyValueFlush(10, 11, []))).toBe('gap');
      expect(await owner.flush(keyValueFlush(0, 3, [['b', '2']]))).toBe('applied');
      expect(await contentOf(owner)).toEqual({ null: { b: '2' } });
    });

    it('keeps the epoch: older owners stay fenced', async () => {
      const store = harness.store('keyValue');
      const older = await store.open();
      const newer = await store.open();
      await newer.clear();
      expect(await older.flush(keyValueFlush(0, 1, []))).toBe('fenced');
      expect((await store.open()).changelogOffset).toBeNull();
    });
  });

  describe('partitions', () => {
    it('do not touch each other, nor do stores and applications of similar names', async () => {
      const base = harness.newId();
      const ids = [
        base,
        { ...base, partition: 1 },
        { ...base, partition: 10 },
        { ...base, store: 'store-1' },
        { ...base, applicationId: `${base.applicationId}-store`, store: '1' },
        { ...base, applicationId: `${base.applicationId}:store`, store: '1' },
        { ...base, store: `store:1` },
      ];
      const owners = await Promise.all(ids.map((id) => harness.store('keyValue', id).open()));
      for (const [i, owner] of owners.entries()) {
        expect(await owner.flush(keyValueFlush(0, i + 1, [['a', String(i)]]))).toBe('applied');
      }
      await owners[0]!.clear();
      const values = await Promise.all(owners.map((owner) => textOf(owner, null, ['a'])));
      expect(values.flat()).toEqual([null, '1', '2', '3', '4', '5', '6']);
    });
  });
}
