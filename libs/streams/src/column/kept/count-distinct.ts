import { parseTagged, stringifyTagged } from '../../serde/tagged-json.ts';
import type { Aggregate, Reads, Source, SubtractableAggregate } from '../aggregate.ts';
import type { Maybe, Scalar } from '../expression.ts';
import { HyperLogLog } from '../sketch/hyper-log-log.ts';
import { declareKept, requireBound } from './declare-kept.ts';
import { distinctKey } from './distinct-key.ts';
import { isNothing, type Keep } from './keep.ts';

export interface CountDistinctOptions {
  /** A value beyond so many different ones fails its record. @defaultValue 10_000 */
  readonly maxValues?: number;
}

/** How many different values that are not null, exactly. Every value is kept with its count, so this is for values that are few for a
 *  group: states, devices of a site. For users of a page take `approxCountDistinct`. NaN counts as null.
 *  @throws TopologyError for a bound that is no whole number above 0 */
export function countDistinct<const S extends Source<Maybe<Scalar>>>(
  source: S,
  { maxValues = 10_000 }: CountDistinctOptions = {},
): SubtractableAggregate<Reads<S, Maybe<Scalar>>, number> {
  requireBound('countDistinct', 'maxValues', maxValues);
  const declared = declareKept('countDistinct', source, '', ({ evaluate }, what) => {
    const keep: Keep<Map<unknown, number>, unknown> = {
      create: () => new Map(),
      take(row, into) {
        const value = evaluate(row);
        if (isNothing(value)) return undefined;
        const key = distinctKey(value);
        if (into.size < maxValues || into.has(key)) return key;
        throw new RangeError(
          `Cannot compute ${what}: it has ${maxValues} different values already. Raise maxValues, or take approxCountDistinct.`,
        );
      },
      takeBack(row, from) {
        const value = evaluate(row);
        if (isNothing(value)) return undefined;
        const key = distinctKey(value);
        if (from.has(key)) return key;
        throw new RangeError(`Cannot take back ${what}: the value was never added.`);
      },
      add: (to, key) => changed(to, key, 1),
      subtract: (from, key) => changed(from, key, -1),
      merge(to, from) {
        for (const [key, count] of from) changed(to, key, count);
        return to;
      },
      result: (values) => values.size,
      pack: (values) => Buffer.from(stringifyTagged([...values])),
      unpack: (bytes) => new Map(parseTagged(bytes.toString()) as [unknown, number][]),
    };
    return keep;
  });
  return declared as SubtractableAggregate<Reads<S, Maybe<Scalar>>, number>;
}

function changed(values: Map<unknown, number>, key: unknown, by: number): Map<unknown, number> {
  const count = (values.get(key) ?? 0) + by;
  if (count > 0) values.set(key, count);
  else values.delete(key);
  return values;
}

/** How many different values that are not null, with a standard error of 1.6 %, in at most 4 KB however many they are (HyperLogLog).
 *  It merges in sessions; nothing can be taken out again, so tables cannot have it. NaN counts as null. */
export function approxCountDistinct<const S extends Source<Maybe<Scalar>>>(
  source: S,
): Aggregate<Reads<S, Maybe<Scalar>>, number> {
  const declared = declareKept('approxCountDistinct', source, '', ({ evaluate }) => {
    const keep: Keep<HyperLogLog, string> = {
      create: () => new HyperLogLog(),
      take(row) {
        const value = evaluate(row);
        return isNothing(value) ? undefined : `${typeof value}:${String(distinctKey(value))}`;
      },
      add(to, text) {
        to.add(text);
        return to;
      },
      merge(to, from) {
        to.merge(from);
        return to;
      },
      result: (sketch) => sketch.estimate,
      pack: (sketch) => sketch.pack(),
      unpack: (bytes) => HyperLogLog.unpack(bytes),
    };
    return keep;
  });
  return declared as Aggregate<Reads<S, Maybe<Scalar>>, number>;
}
