/** An aggregation whose state says when it last changed, so that its results can be given while windows are open. */
import { earlyAggregateSerde, type EarlyAggregate } from '../../processor/operators/early-aggregate.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { NamedAggregation } from './declare-aggregate.ts';

/** The operator notes the change itself: see `EarlyResults`. */
export function earlyAggregation(of: NamedAggregation): NamedAggregation {
  const { initializer, aggregator, result } = of.definition;
  return {
    ...of,
    definition: {
      initializer: (): EarlyAggregate => ({ aggregate: initializer(), changedInMs: -Infinity }),
      aggregator(early, value, key) {
        const of = early as EarlyAggregate;
        of.aggregate = aggregator(of.aggregate, value, key);
        return of;
      },
      result: (early, key, window) => result((early as EarlyAggregate).aggregate, key, window),
    },
    store: {
      ...of.store,
      value: earlyAggregateSerde(of.store.value ?? of.stateSerde) as unknown as Serde<unknown>,
    },
  };
}
