/** The ways to aggregate a table, as what the aggregate operator runs: over changes, subtracting before adding
 *  (Kafka Streams: KTableAggregate, KTableReduce). */
import type { RowChange } from '../../processor/operators/row-change.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { CountOptions } from '../grouped-stream.ts';
import type { TableAggregateOptions, TableReduceOptions } from '../grouped-table.ts';
import type { StoreOptions } from '../store-ref.ts';
import { ofUser, type Aggregation } from './aggregation.ts';

type Step = (aggregate: unknown, value: unknown, key: unknown) => unknown;
interface Steps {
  /** The aggregate of a group that has none, and gets this value. */
  readonly begin: (value: unknown, key: unknown) => unknown;
  readonly adder: Step;
  readonly subtractor: Step;
}

/** A group that has no aggregate has none to subtract from. */
function overChanges(
  { begin, adder, subtractor }: Steps,
  store: StoreOptions<unknown, unknown> | undefined,
): Aggregation {
  const aggregator: Step = (aggregate, change, key) => {
    const { previous, value } = change as RowChange;
    let current = aggregate ?? null;
    if (previous !== null && current !== null) current = subtractor(current, previous, key) ?? null;
    if (value === null) return current;
    return current === null ? begin(value, key) : adder(current, value, key);
  };
  return ofUser({ initializer: () => null, aggregator, ...(store !== undefined && { store }) });
}

export function aggregatingRows(options: TableAggregateOptions<unknown, unknown, unknown>): Aggregation {
  const { initializer, adder, subtractor, store } = options;
  return overChanges({ begin: (value, key) => adder(initializer(), value, key), adder, subtractor }, store);
}

export function reducingRows(options: TableReduceOptions<unknown, unknown>): Aggregation {
  const { adder, subtractor, store } = options;
  return overChanges({ begin: (value) => value, adder, subtractor }, store);
}

export function countingRows({ store }: CountOptions<unknown>): Aggregation {
  const steps: Steps = {
    begin: () => 1,
    adder: (count) => (count as number) + 1,
    subtractor: (count) => (count as number) - 1,
  };
  const { value = double(), ...others } = store ?? {};
  return overChanges(steps, { ...others, value: value as Serde<unknown> });
}
