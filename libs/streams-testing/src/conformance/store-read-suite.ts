/** Reading: committed bytes come back as they were written, in the order of the question, completely. */
import { describe, expect, it } from '@jest/globals';
import type { StoreEntry } from '@hiveframe/streams';
import { STORE_TIMEOUT_MS, bytes, entriesOf, keyValueFlush, textOf } from './store-harness.ts';
import type { StoreHarness, Writes } from './store-harness.ts';

const BINARY: Writes = [
  [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0)],
  [Uint8Array.of(0, 1), Uint8Array.of(255, 0, 13, 10, 0)],
  [Uint8Array.of(255, 254), Uint8Array.of(0xc3, 0x28)],
  ['', 'the empty key'],
  ['ключ 🐝', 'värde 🍯'],
  ['\r\n$3\r\n', '*1\r\n'],
];

export function describeStoreReads(harness: StoreHarness): void {
  describe('reads', () => {
    it('gives back what was flushed, to its owner and to any reader', async () => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      const early = await store.reader();
      expect(await textOf(early, null, ['a'])).toEqual([null]);
      expect(
        await owner.flush(
          keyValueFlush(0, 2, [
            ['a', '1'],
            ['b', '2'],
          ]),
        ),
      ).toBe('applied');
      for (const reader of [owner, early, await store.reader()]) {
        expect(await textOf(reader, null, ['a', 'b'])).toEqual(['1', '2']);
      }
    });

    it('tells any reader how far the changelog is applied', async () => {
      const store = harness.store('keyValue');
      const [owner, reader] = [await store.open(), await store.reader()];
      expect(await reader.position()).toBeNull();
      await owner.flush(keyValueFlush(0, 7, [['a', '1']]));
      expect([await reader.position(), await owner.position()]).toEqual([7, 7]);
      await owner.clear();
      expect(await reader.position()).toBeNull();
    });

    it('answers in the order of the question, null for what is missing, twice for what was asked twice', async () => {
      const owner = await harness.store('keyValue').open();
      await owner.flush(
        keyValueFlush(0, 2, [
          ['a', '1'],
          ['b', '2'],
        ]),
      );
      expect(await textOf(owner, null, ['b', 'none', 'a', 'b'])).toEqual(['2', null, '1', '2']);
      expect(await owner.getMany(null, [])).toEqual([]);
    });

    it('counts its entries, where it can, as they are after each flush', async () => {
      const owner = await harness.store('keyValue').open();
      if (owner.countEntries === undefined) return;
      expect(await owner.countEntries()).toBe(0);
      await owner.flush(
        keyValueFlush(0, 2, [
          ['a', '1'],
          ['b', '2'],
        ]),
      );
      await owner.flush(
        keyValueFlush(2, 4, [
          ['a', '3'],
          ['c', '4'],
        ]),
      );
      expect(await owner.countEntries()).toBe(3);
    });

    it('keeps keys and values of any bytes', async () => {
      const store = harness.store('keyValue');
      const owner = await store.open();
      await owner.flush(keyValueFlush(0, BINARY.length, BINARY));
      const values = await (
        await store.reader()
      ).getMany(
        null,
        BINARY.map(([key]) => bytes(key)),
      );
      expect(values.map((value) => Buffer.from(value!))).toEqual(
        BINARY.map(([, value]) => Buffer.from(bytes(value!))),
      );
      const scanned = await entriesOf(owner, null);
      expect(Object.keys(scanned)).toHaveLength(BINARY.length);
      expect(scanned['\0\0\0\0']).toBe('\0');
    });

    it('tells an empty value from none', async () => {
      const owner = await harness.store('keyValue').open();
      await owner.flush(keyValueFlush(0, 1, [['empty', '']]));
      expect(await textOf(owner, null, ['empty', 'none'])).toEqual(['', null]);
    });

    it('deletes, also what was never there', async () => {
      const owner = await harness.store('keyValue').open();
      await owner.flush(
        keyValueFlush(0, 2, [
          ['a', '1'],
          ['b', '2'],
        ]),
      );
      await owner.flush(
        keyValueFlush(2, 4, [
          ['a', null],
          ['none', null],
        ]),
      );
      expect(await entriesOf(owner, null)).toEqual({ b: '2' });
    });

    it('lets the later of two writes of one key win', async () => {
      const owner = await harness.store('keyValue').open();
      const writes: Writes = [
        ['a', 'old'],
        ['b', '1'],
        ['a', null],
        ['b', null],
        ['a', 'new'],
      ];
      await owner.flush(keyValueFlush(0, 5, writes));
      expect(await entriesOf(owner, null)).toEqual({ a: 'new' });
    });

    it('keeps nothing of the caller’s buffers and gives away nothing of its own', async () => {
      const owner = await harness.store('keyValue').open();
      const flush = keyValueFlush(0, 1, [['a', 'value']]);
      await owner.flush(flush);
      flush.writes[0]!.packed.fill(0);
      (await owner.getMany(null, [bytes('a')]))[0]!.fill(0);
      expect(await textOf(owner, null, ['a'])).toEqual(['value']);
    });

    it('has nothing in a partition that nobody opened', async () => {
      const reader = await harness.store('window').reader();
      expect(await reader.segments()).toEqual([]);
      expect(await entriesOf(reader, 1_000)).toEqual({});
    });

    it(
      'scans more entries than one piece holds, in bounded pieces',
      async () => {
        const store = harness.store('keyValue');
        const owner = await store.open();
        const writes = Array.from({ length: 12_345 }, (_, i) => [`key-${i}`, `value-${i}`] as const);
        await owner.flush(keyValueFlush(0, writes.length, writes));
        const pieces: Array<readonly StoreEntry[]> = [];
        for await (const piece of (await store.reader()).scan(null)) pieces.push(piece);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(5_000);
        expect(await entriesOf(owner, null)).toEqual(Object.fromEntries(writes));
      },
      STORE_TIMEOUT_MS,
    );
  });
}
