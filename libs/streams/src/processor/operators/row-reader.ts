/** Reads the rows of a table as of now: from the store that keeps them, or, for a table without a store of its own, through the
 *  functions that make its rows of others (Kafka Streams: KTableValueGetter). */
import { InvariantError } from '../../errors/streams.error.ts';
import type { OperatorContext } from '../operator.ts';
import { refusePromise } from './refuse-promise.ts';
import type { Mapper } from './stateless.ts';

export interface RowReader {
  /** The row of the key, null: there is none. @throws InvariantError if an entry it is made of is not at hand; what a function of
   *  the user throws */
  find(key: unknown): unknown;
  /** The row as it was at a time, null: there was none, or it is too long ago. Only for tables that keep versions. */
  findAt?(key: unknown, timestampMs: number, watermarkMs: number): unknown;
  /** Of the row found last: the highest time that went into it. */
  readonly timestampMs: number;
}

/** What reads them in one task. */
export type Rows = (context: OperatorContext) => RowReader;

/** @param store of key and value; its name may still change until a task asks */
export function storedRows(store: { readonly name: string }): Rows {
  return (context) => {
    const state = context.store(store.name);
    const segment = state.segment(null);
    const reader = {
      timestampMs: -1,
      find(key: unknown): unknown {
        const id = state.identify(key);
        const entry = segment.entries.get(id);
        if (entry === undefined) return state.isKnown(segment, id) ? null : notAtHand(state.name);
        reader.timestampMs = entry.timestampMs;
        return entry.value;
      },
    };
    return reader;
  };
}

/** Of a table that others are made of: a row for which a function of the user fails is none, as those behind that table were told. */
export function findMade(rows: RowReader, key: unknown): unknown {
  try {
    return rows.find(key);
  } catch (thrown) {
    return noneIfRefused(thrown);
  }
}

/** The same of a row as it was: for tables that keep versions. */
export function findMadeAt(rows: RowReader, key: unknown, timestampMs: number, watermarkMs: number): unknown {
  try {
    return rows.findAt!(key, timestampMs, watermarkMs);
  } catch (thrown) {
    return noneIfRefused(thrown);
  }
}

function noneIfRefused(thrown: unknown): null {
  if (thrown instanceof InvariantError) throw thrown;
  return null;
}

function notAtHand(store: string): never {
  throw new InvariantError(`A row of ${store} was looked for before it was read.`);
}

export function filteredRows(name: string, rows: Rows, predicate: Mapper<boolean>): Rows {
  return mappedRows(name, rows, (value, key) => {
    const kept: unknown = predicate(value, key);
    if (kept instanceof Promise) refusePromise(name, kept);
    return kept ? value : null;
  });
}

export function mappedRows(name: string, rows: Rows, mapper: Mapper<unknown>): Rows {
  return (context) => {
    const of = rows(context);
    const map = (value: unknown, key: unknown): unknown => {
      if (value === null) return null;
      context.entered(name);
      return mapper(value, key) ?? null;
    };
    return {
      get timestampMs() {
        return of.timestampMs;
      },
      find: (key) => map(of.find(key), key),
      ...(of.findAt !== undefined && {
        findAt: (key, timestampMs, watermarkMs) => map(of.findAt!(key, timestampMs, watermarkMs), key),
      }),
    };
  };
}
