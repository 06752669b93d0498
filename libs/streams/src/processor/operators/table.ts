/** Operators of tables that keep nothing: a null value says that the key was deleted, and passes as such.
 *  M1 A row for which the function of the user fails is a dead letter. Those who go by the rows before it, or keep it, see that the
 *     row it should have replaced has left, so that it can never be taken back twice or not at all. */
import type { Next, Operator, OperatorContext } from '../operator.ts';
import { madeBefore } from './made-before.ts';
import { refusePromise } from './refuse-promise.ts';
import type { Mapper } from './stateless.ts';

/** Whether operators behind need the row before each row. Asked once per task. */
export interface Passing {
  readonly withPrevious: boolean;
  /** A store behind keeps the rows: one that is refused leaves it. @defaultValue false */
  readonly isKept?: boolean;
}

/** A row that no longer fits is a deletion to those behind. */
export function filterTable(
  name: string,
  predicate: Mapper<boolean>,
  passing: Passing = { withPrevious: false },
): Operator {
  const keep = (value: unknown, key: unknown): unknown => {
    const kept: unknown = predicate(value, key);
    if (kept instanceof Promise) refusePromise(name, kept);
    return kept ? value : null;
  };
  return { build: (context, next) => perRow(name, keep, passing, context, next) };
}

export function mapTableValues(
  name: string,
  mapper: Mapper<unknown>,
  passing: Passing = { withPrevious: false },
): Operator {
  const map = (value: unknown, key: unknown): unknown => {
    const mapped = mapper(value, key);
    if (mapped instanceof Promise) refusePromise(name, mapped);
    return mapped;
  };
  return { build: (context, next) => perRow(name, map, passing, context, next) };
}

/** The row before is made of the one before it by the same function, which must give the same for the same. */
function perRow(
  name: string,
  make: Mapper<unknown>,
  { withPrevious, isKept = false }: Passing,
  context: OperatorContext,
  next: Next,
): Next {
  const made = (value: unknown, key: unknown): unknown => {
    if (value === null || value === undefined) return null;
    context.entered(name);
    return make(value, key) ?? null;
  };
  if (!withPrevious && !isKept) return (key, value, timestampMs) => next(key, made(value, key), timestampMs);
  return (key, value, timestampMs, previous) => {
    const before = withPrevious ? madeBefore(made, previous, key) : undefined;
    let now: unknown = null;
    try {
      now = made(value, key);
    } finally {
      if (now !== null || before !== null) next(key, now, timestampMs, before);
    }
  };
}
