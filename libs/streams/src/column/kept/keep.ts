/** What an aggregate keeps of its values beyond plain numbers: a set, a list, a sketch.
 *  P1 `take` looks at a row before anything is changed; only it, and functions of the user, may throw. So a row that one aggregate
 *     refuses changes none.
 *  P2 What is kept is packed when it is stored: each kind says its bytes. */
import type { Bytes } from '../../record/record.ts';
import { describeValue, type CompiledExpression, type Row } from '../compiled-expression.ts';

export interface Keep<T, V> {
  create(): T;
  /** What `add` gets; undefined: the row has no value. @throws TypeError, RangeError for a value that cannot be added */
  take(row: Row, into: T): V | undefined;
  /** May change `to` and must not throw; or, if `pure`, the other way round. */
  add(to: T, value: V): T;
  /** @defaultValue false */
  readonly pure?: boolean;
  /** Takes back what `add` added, as `add`. Left out: that cannot be done. */
  subtract?(from: T, value: V): T;
  /** What `subtract` gets. @throws if the value was never added @defaultValue `take`, which throws for what it refused */
  takeBack?(row: Row, from: T): V | undefined;
  /** As if the values of `from`, which come behind, had been added too. May change `to`, not `from`. */
  merge(to: T, from: T): T;
  /** A fresh value at each call. */
  result(of: T): unknown;
  pack(kept: T): Bytes;
  unpack(bytes: Buffer): T;
}

/** null, undefined and NaN are no values. */
export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined || value !== value;
}

/** The number in a row; undefined: none. @throws TypeError for anything else */
export function takeNumber(what: string, source: CompiledExpression): (row: Row) => number | undefined {
  return (row) => {
    const value = source.evaluate(row);
    if (isNothing(value)) return undefined;
    if (typeof value === 'number') return value;
    throw cannotAdd(what, source, value, 'a number');
  };
}

export function cannotAdd(
  what: string,
  { text }: CompiledExpression,
  value: unknown,
  wanted: string,
): TypeError {
  return new TypeError(`Cannot compute ${what}: ${text} is ${describeValue(value)}, not ${wanted}.`);
}
