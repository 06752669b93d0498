import { describe, expect, it } from '@jest/globals';
import { tableChanges, type TableMapping } from './table-changes.ts';
import { rowOf } from './table-row.ts';

const origin = { topic: 'rows', partition: 0, timestampMs: 0 };
const record = (offset: number, key: unknown, value: unknown) => ({ ...origin, offset, key, value });
const mapping = (
  columns: readonly string[],
  primaryKey: readonly string[] | null,
  more: Partial<TableMapping<unknown, unknown, readonly unknown[]>> = {},
) => ({
  columns,
  primaryKey,
  encodeRow: (values: readonly unknown[]) => values,
  encodeKey: (values: readonly unknown[]) => values,
  ...more,
});
const window = { startMs: 10, endMs: 20 };

describe('rowOf', () => {
  it.each([
    ['a plain key and value', 'k', 1, { key: 'k', value: 1 }],
    ['objects', { site: 's' }, { t: 1 }, { site: 's', t: 1 }],
    ['a windowed key', { key: 'k', window }, { n: 1 }, { key: 'k', window_start: 10, window_end: 20, n: 1 }],
    ['a deletion', { site: 's' }, null, { site: 's' }],
    ['no key', null, { t: 1 }, { t: 1 }],
  ])('has the columns of %s', (_, key, value, row) => {
    expect(rowOf({ key, value })).toEqual(row);
  });
});

describe('tableChanges', () => {
  it('has a row for each record where there is no primary key', () => {
    const batch = [record(0, 'a', { n: 1 }), record(1, 'a', { n: 1 })];
    expect(tableChanges(batch, mapping(['n'], null)).rows).toEqual([[1], [1]]);
  });

  it('has the last row of each primary key, and deletes where that is null', () => {
    const batch = [
      record(0, 'a', { n: 1 }),
      record(1, 'b', { n: 2 }),
      record(2, 'a', { n: 3 }),
      record(3, 'b', null),
      record(4, 'c', null),
      record(5, 'c', { n: 4 }),
    ];
    const { rows, deletedKeys } = tableChanges(batch, mapping(['id', 'n'], ['id']));
    expect(rows).toEqual([
      ['a', 3],
      ['c', 4],
    ]);
    expect(deletedKeys).toEqual([['b']]);
  });

  it('takes keys that are the same once encoded for one', () => {
    const encodeKey = ([id]: readonly unknown[]) => [Number(id)];
    const batch = [record(0, new Date(5), { id: new Date(5) }), record(1, 5, null)];
    const { rows, deletedKeys } = tableChanges(batch, mapping(['id'], ['id'], { encodeKey }));
    expect(rows).toEqual([]);
    expect(deletedKeys).toEqual([[5]]);
  });

  it('knows the row of a windowed key', () => {
    const batch = [record(0, { key: 'a', window }, null), record(1, { key: 'b', window }, { n: 1 })];
    const changes = tableChanges(batch, mapping(['sensor', 'window_start', 'n'], ['sensor', 'window_start']));
    expect(changes).toMatchObject({ rows: [['b', 10, 1]], deletedKeys: [['a', 10]], rejected: [] });
  });

  it('rejects what has no primary key, cannot be mapped, or cannot be encoded', () => {
    const batch = [record(0, null, { n: 1 }), record(1, 'a', { n: 'odd' }), record(2, 'b', { n: 2 })];
    const encodeRow = (values: readonly unknown[]) => {
      if (values.includes('odd')) throw new Error('odd');
      return values;
    };
    const { rows, rejected } = tableChanges(batch, mapping(['id', 'n'], ['id'], { encodeRow }));
    expect(rows).toEqual([['b', 2]]);
    expect(rejected.map(({ offset, reason }) => [offset, reason.message])).toEqual([
      [0, 'it has no id, which belongs to the primary key'],
      [1, 'odd'],
    ]);
  });

  it('rejects a deletion where nothing can be deleted', () => {
    const { rejected } = tableChanges([record(0, 'a', null)], mapping(['n'], null));
    expect(rejected[0]!.reason.message).toContain('its value is null');
  });

  it('writes null for what a row has not', () => {
    expect(tableChanges([record(0, 'a', {})], mapping(['n'], null)).rows).toEqual([[null]]);
  });
});
