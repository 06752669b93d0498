/** The ways to aggregate, as what the aggregate operators run. */
import type { AliasedAggregate } from '../../column/aggregate.ts';
import { compileAggregation, type AnyAggregate, type GroupColumns } from '../../column/column-aggregation.ts';
import type { Row } from '../../column/compiled-expression.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import type { AggregateDefinition } from '../../processor/operators/aggregate-definition.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import { taggedJson } from '../../serde/tagged-json.serde.ts';
import type { AggregateOptions, CountOptions, ReduceOptions, SessionMerge } from '../grouped-stream.ts';
import type { StoreOptions } from '../store-ref.ts';

type Definition<A> = Omit<AggregateDefinition<unknown, unknown, A, unknown>, 'name'>;
/** May change `left`. */
type Merger<A> = (left: A, right: A, key: unknown) => A;

export interface Aggregation {
  readonly definition: Definition<unknown>;
  /** Null: the user named none, so it cannot be in sessions. */
  readonly merger: Merger<unknown> | null;
  readonly store: StoreOptions<unknown, unknown>;
  /** Of the state, where the user names none. */
  readonly stateSerde: Serde<unknown>;
  /** Of the results, where it is known. */
  readonly resultSerde: Serde<unknown> | null;
}

export function aggregation<A>(
  definition: Definition<A>,
  merger: Merger<A> | null,
  stateSerde: Serde<A>,
  store: object = {},
  resultSerde: Serde<A> | null = null,
): Aggregation {
  return {
    definition: definition as Definition<unknown>,
    merger: merger as Merger<unknown> | null,
    stateSerde: stateSerde as Serde<unknown>,
    resultSerde: resultSerde as Serde<unknown> | null,
    store,
  };
}

/** `agg(avg('temperature').alias('avg_temp'), ...)`: a fresh row per result. */
export function ofColumns(
  aggregates: readonly AliasedAggregate<unknown, string, unknown>[],
  group: GroupColumns,
): Aggregation {
  const declared = aggregates as unknown as readonly AnyAggregate[];
  requireDistinct([...group.names, ...declared.map(({ aliasedAs }) => aliasedAs)]);
  const columns = compileAggregation(declared, group);
  const definition: Definition<unknown> = {
    initializer: columns.initializer,
    aggregator: (accumulator, value) => columns.add(accumulator, value as Row),
    result: columns.row,
  };
  return aggregation(definition, columns.merge, columns.serde);
}

export function ofUser(
  options: AggregateOptions<unknown, unknown, unknown> & Partial<SessionMerge<unknown, unknown>>,
): Aggregation {
  const { initializer, aggregator, merger = null, store } = options;
  return aggregation(
    { initializer, aggregator, result: (aggregate) => aggregate },
    merger,
    taggedJson(),
    store,
    store?.value,
  );
}

const NOTHING = Symbol('no value yet');

export function reducing({ reducer, store }: ReduceOptions<unknown, unknown>): Aggregation {
  const reduce: Merger<unknown> = (left, right, key) =>
    left === NOTHING ? right : reducer(left, right, key);
  const definition: Definition<unknown> = {
    initializer: () => NOTHING,
    aggregator: reduce,
    result: (reduced) => reduced,
  };
  return aggregation(definition, reduce, taggedJson(), store, store?.value);
}

export function counting({ store }: CountOptions<unknown>): Aggregation {
  const definition: Definition<number> = {
    initializer: () => 0,
    aggregator: (count) => count + 1,
    result: (count) => count,
  };
  return aggregation(definition, (left, right) => left + right, double(), store);
}

export function requireDistinct(columns: readonly string[]): void {
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new TopologyError(
    `Cannot aggregate: '${twice}' would be two columns of the result; give one another alias.`,
  );
}
