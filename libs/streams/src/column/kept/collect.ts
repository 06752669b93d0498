import { parseTagged, stringifyTagged } from '../../serde/tagged-json.ts';
import type { Aggregate, ListOver, Reads, Source } from '../aggregate.ts';
import { declareKept, requireBound } from './declare-kept.ts';
import { distinctKey } from './distinct-key.ts';
import { isNothing, type Keep } from './keep.ts';

export interface CollectOptions {
  /** What comes beyond it is left out: a list that grows without end would fill the store. */
  readonly maxValues: number;
}

/** The values that are not null, in the order in which they come; of two sessions that become one those of the earlier first. Objects are
 *  kept and given as they are, not copied: do not change them behind the aggregation, nor in the rows they came with.
 *  @throws TopologyError for a bound that is no whole number above 0 */
export function collectList<const S extends Source<unknown>>(
  source: S,
  { maxValues }: CollectOptions,
): Aggregate<Reads<S, unknown>, ListOver<S>> {
  requireBound('collectList', 'maxValues', maxValues);
  const declared = declareKept('collectList', source, '', ({ evaluate }) => {
    const keep: Keep<unknown[], unknown> = {
      create: () => [],
      take(row, into) {
        const value = evaluate(row);
        return isNothing(value) || into.length >= maxValues ? undefined : value;
      },
      add(to, value) {
        to.push(value);
        return to;
      },
      merge: (to, from) => [...to, ...from].slice(0, maxValues),
      result: (values) => [...values],
      pack: (values) => Buffer.from(stringifyTagged(values)),
      unpack: (bytes) => parseTagged(bytes.toString()) as unknown[],
    };
    return keep;
  });
  return declared as Aggregate<Reads<S, unknown>, ListOver<S>>;
}

/** The different values that are not null, in the order in which they first come; objects are equal by content. They are kept and given
 *  as they are, not copied: do not change them.
 *  @throws TopologyError for a bound that is no whole number above 0 */
export function collectSet<const S extends Source<unknown>>(
  source: S,
  { maxValues }: CollectOptions,
): Aggregate<Reads<S, unknown>, ListOver<S>> {
  requireBound('collectSet', 'maxValues', maxValues);
  const declared = declareKept('collectSet', source, '', ({ evaluate }) => {
    const add = (to: Map<unknown, unknown>, value: unknown) => {
      const key = distinctKey(value);
      if (to.size < maxValues && !to.has(key)) to.set(key, value);
      return to;
    };
    const keep: Keep<Map<unknown, unknown>, unknown> = {
      create: () => new Map(),
      take(row) {
        const value = evaluate(row);
        if (isNothing(value)) return undefined;
        distinctKey(value); // `add` must not throw for what cannot be stored
        return value;
      },
      add,
      merge: (to, from) => [...from.values()].reduce<Map<unknown, unknown>>(add, to),
      result: (values) => [...values.values()],
      pack: (values) => Buffer.from(stringifyTagged([...values.values()])),
      unpack: (bytes) =>
        (parseTagged(bytes.toString()) as unknown[]).reduce<Map<unknown, unknown>>(add, new Map()),
    };
    return keep;
  });
  return declared as Aggregate<Reads<S, unknown>, ListOver<S>>;
}
