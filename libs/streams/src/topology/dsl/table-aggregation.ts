/** The ways to aggregate a table, as what the aggregate operator runs: over changes, subtracting before adding
 *  (Kafka Streams: KTableAggregate, KTableReduce).
 *  C1 A row that is refused (a dead letter) is in no group: the row before it leaves all the same, and what comes after has nothing
 *     to take back. */
import { RefusedRow, type RowChange } from '../../processor/operators/row-change.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { CountOptions } from '../grouped-stream.ts';
import type { TableAggregateOptions, TableReduceOptions } from '../grouped-table.ts';
import type { StoreOptions } from '../store-ref.ts';
import { ofUser, type Aggregation } from './aggregation.ts';

type Step<A> = (aggregate: A, row: unknown, key: unknown) => A | null;

/** What the rows of a group become; null: a group without an aggregate, which has none to take a row from. */
export interface GroupSteps<A> {
  readonly add: Step<A | null>;
  /** Leaves the aggregate as it is for a row that `add` has refused. */
  readonly takeOut: Step<A>;
}

/** C1: each part of a change is done, whether or not the other is refused. */
export function overChanges<A>({ add, takeOut }: GroupSteps<A>): Step<A | null> {
  return (aggregate, change, key) => {
    const { previous, value } = change as RowChange;
    let current = aggregate ?? null;
    let refusal: { readonly cause: unknown } | null = null;
    try {
      if (previous !== null && current !== null) current = takeOut(current, previous, key) ?? null;
    } catch (cause) {
      refusal = { cause };
    }
    try {
      if (value !== null) current = add(current, value, key) ?? null;
    } catch (cause) {
      refusal ??= { cause };
    }
    if (refusal === null) return current;
    throw previous === null ? refusal.cause : new RefusedRow(current, refusal.cause);
  };
}

function ofSteps(steps: GroupSteps<unknown>, store: StoreOptions<unknown, unknown> | undefined): Aggregation {
  const aggregator = overChanges(steps);
  return ofUser({ initializer: () => null, aggregator, ...(store !== undefined && { store }) });
}

export function aggregatingRows(options: TableAggregateOptions<unknown, unknown, unknown>): Aggregation {
  const { initializer, adder, subtractor, store } = options;
  const add: Step<unknown> = (aggregate, value, key) => adder(aggregate ?? initializer(), value, key);
  const wasAdded = (value: unknown, key: unknown): boolean => {
    try {
      adder(initializer(), value, key);
      return true;
    } catch {
      return false;
    }
  };
  const takeOut: Step<unknown> = (aggregate, value, key) =>
    wasAdded(value, key) ? subtractor(aggregate, value, key) : aggregate;
  return ofSteps({ add, takeOut }, store);
}

export function reducingRows(options: TableReduceOptions<unknown, unknown>): Aggregation {
  const { adder, subtractor, store } = options;
  const add: Step<unknown> = (aggregate, value, key) =>
    aggregate === null ? value : adder(aggregate, value, key);
  return ofSteps({ add, takeOut: subtractor }, store);
}

export function countingRows({ store }: CountOptions<unknown>): Aggregation {
  const steps: GroupSteps<number> = {
    add: (count) => (count ?? 0) + 1,
    takeOut: (count) => count - 1,
  };
  const { value = double(), ...others } = store ?? {};
  return ofSteps(steps as GroupSteps<unknown>, { ...others, value: value as Serde<unknown> });
}
