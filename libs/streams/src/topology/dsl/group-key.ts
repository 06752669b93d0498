/** By what records are grouped, and the columns that say so in an aggregated row. */
import type { Mapper } from './predicate.ts';

type Columns = Record<string, unknown>;
/** Writes the group's columns in front of an aggregated row. */
export interface GroupKeyColumns {
  readonly names: readonly string[];
  write(key: unknown, into: Columns): void;
}

export const KEY_ITSELF: GroupKeyColumns = {
  names: ['key'],
  write: (key, into) => {
    into['key'] = key;
  },
};

/** A column, columns (the key is their object), or a function. */
export function groupingBy(by: string | readonly string[] | Mapper<unknown>): {
  readonly select: Mapper<unknown>;
  readonly columns: GroupKeyColumns;
} {
  if (typeof by === 'function') return { select: by, columns: KEY_ITSELF };
  return typeof by === 'string' ? oneColumn(by) : severalColumns(by);
}

function oneColumn(column: string) {
  return {
    select: (value: unknown) => (value as Columns)[column],
    columns: {
      names: [column],
      write: (key: unknown, into: Columns) => {
        into[column] = key;
      },
    },
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
    columns: {
      names,
      write: (key: unknown, into: Columns) => {
        for (const name of names) into[name] = (key as Columns)[name];
      },
    },
  };
}
