/** By what records are grouped, and the columns that say so in an aggregated row. */
import type { GroupColumns } from '../../column/column-aggregation.ts';
import type { Mapper } from './predicate.ts';

type Columns = Record<string, unknown>;

export const KEY_ITSELF: GroupColumns = { names: ['key'], isKey: true };

/** A column, columns (the key is their object), or a function. */
export function groupingBy(by: string | readonly string[] | Mapper<unknown>): {
  readonly select: Mapper<unknown>;
  readonly columns: GroupColumns;
} {
  if (typeof by === 'function') return { select: by, columns: KEY_ITSELF };
  return typeof by === 'string' ? oneColumn(by) : severalColumns(by);
}

function oneColumn(column: string) {
  return {
    select: (value: unknown) => (value as Columns)[column],
    columns: { names: [column], isKey: true },
  };
}

/** The key's columns are in the order asked for, so equal keys have equal bytes. */
function severalColumns(names: readonly string[]) {
  return {
    select: (value: unknown) => {
      const key: Columns = {};
      for (const name of names) key[name] = (value as Columns)[name];
      return key;
    },
    columns: { names, isKey: false },
  };
}
