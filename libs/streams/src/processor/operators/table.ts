/** Stateless operators of tables: a null value says that the key was deleted, and passes as such. */
import type { Operator } from '../operator.ts';
import { refusePromise } from './refuse-promise.ts';
import type { Mapper } from './stateless.ts';

/** A row that no longer fits is a deletion to those behind. */
export function filterTable(name: string, predicate: Mapper<boolean>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      if (value === null) return next(key, null, timestampMs);
      context.entered(name);
      const kept: unknown = predicate(value, key);
      if (kept instanceof Promise) refusePromise(name, kept);
      next(key, kept ? value : null, timestampMs);
    },
  };
}

export function mapTableValues(name: string, mapper: Mapper<unknown>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      if (value === null) return next(key, null, timestampMs);
      context.entered(name);
      const mapped = mapper(value, key);
      if (mapped instanceof Promise) refusePromise(name, mapped);
      next(key, mapped, timestampMs);
    },
  };
}
