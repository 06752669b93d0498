import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SegmentWrites } from '../ports/store.ts';
import { SegmentCursor, SegmentWriter } from './segment-writes.ts';

function entriesOf(writes: SegmentWrites): Array<[Buffer, Buffer | null]> {
  const cursor = new SegmentCursor(writes.packed);
  const entries: Array<[Buffer, Buffer | null]> = [];
  while (cursor.next()) entries.push([cursor.key(), cursor.value()]);
  return entries;
}

const bytes = fc.uint8Array({ maxLength: 100 });

describe('SegmentWriter', () => {
  it('packs an entry as two lengths and their bytes', () => {
    const writer = new SegmentWriter();
    writer.append(Buffer.from('ab'), Buffer.from('xyz'));
    const { packed } = writer.take(null);
    expect(Buffer.from(packed).toString('hex')).toBe(
      '00000002' + '6162' + '00000003' + Buffer.from('xyz').toString('hex'),
    );
  });

  it('tells a delete from an empty value', () => {
    const writer = new SegmentWriter();
    writer.append(Buffer.from('gone'), null);
    writer.append(Buffer.from('empty'), Buffer.alloc(0));
    expect(entriesOf(writer.take(null)).map(([, value]) => value?.length)).toEqual([undefined, 0]);
  });

  it('gives back any entries in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, fc.option(bytes)), { maxLength: 300 }), (entries) => {
        const writer = new SegmentWriter();
        for (const [key, value] of entries) writer.append(key, value);
        expect(writer.count).toBe(entries.length);
        const expected = entries.map(([key, value]) => [Buffer.from(key), value && Buffer.from(value)]);
        expect(entriesOf(writer.take(7))).toEqual(expected);
      }),
    );
  });

  it('S1 keeps nothing of the caller’s buffers', () => {
    const writer = new SegmentWriter();
    const key = Buffer.from('k');
    const value = Buffer.alloc(64, 1);
    writer.append(key, value);
    key.fill(0);
    value.fill(0);
    expect(entriesOf(writer.take(null))).toEqual([[Buffer.from('k'), Buffer.alloc(64, 1)]]);
  });

  it('S2 never touches what it handed over', () => {
    const writer = new SegmentWriter();
    writer.append(Buffer.from('first'), Buffer.from('1'));
    const first = writer.take(1000);
    writer.append(Buffer.from('other'), Buffer.from('2'));
    expect(first).toMatchObject({ segment: 1000, count: 1 });
    expect(entriesOf(first)).toEqual([[Buffer.from('first'), Buffer.from('1')]]);
    expect(entriesOf(writer.take(2000))).toEqual([[Buffer.from('other'), Buffer.from('2')]]);
  });
});

describe('SegmentCursor', () => {
  it('reads nothing from no bytes', () => {
    expect(new SegmentCursor(new Uint8Array()).next()).toBe(false);
  });

  it.each([1, 5, 9, 12])('refuses entries cut off after %d bytes', (length) => {
    const writer = new SegmentWriter();
    writer.append(Buffer.from('ab'), Buffer.from('xyz'));
    const { packed } = writer.take(null);
    expect(() => new SegmentCursor(packed.subarray(0, length)).next()).toThrow('cut off');
  });
});
