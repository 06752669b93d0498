/** What a table's groupBy gives: rows by group, which can only be aggregated. */
import type { AggregatedColumns, DistinctAliases, SubtractableColumn } from '../column/aggregate.ts';
import type { Columns } from '../column/expression.ts';
import type { Flatten } from '../record/record.ts';
import type { CountOptions } from './grouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { StoreOptions } from './store-ref.ts';

/** A row that changes is subtracted as it was, and added as it is. A result of null deletes the group. A row for which `adder` throws
 *  is a dead letter and in no group: the row before it is subtracted, and it is not. */
export interface TableAggregateOptions<K, V, VA> {
  readonly initializer: () => VA;
  /** Whether it throws must depend on the value alone: it is asked again, about a new aggregate, before a value is subtracted. */
  readonly adder: (aggregate: VA, value: V, key: K) => VA;
  /** Takes back what `adder` added. */
  readonly subtractor: (aggregate: VA, value: V, key: K) => VA;
  readonly store?: StoreOptions<K, VA>;
}
/** The first value of a group is its first result. */
export interface TableReduceOptions<K, V> {
  /** Must not throw for a value: the first one is added without it, so nobody could tell later whether it was. */
  readonly adder: (left: V, right: V, key: K) => V;
  /** Takes back what `adder` added. */
  readonly subtractor: (left: V, right: V, key: K) => V;
  readonly store?: StoreOptions<K, V>;
}

export interface KGroupedTable<K, V> {
  readonly kind: 'groupedTable';
  /** A row of aggregates for each group, behind its `key`. Only of those from which a row that has changed can be taken out again:
   *  `min`, `max`, `first`, `last`, lists and sketches that cannot forget do not compile. A group without rows is deleted. */
  agg<const A extends readonly SubtractableColumn<Columns<V>, string, unknown>[]>(
    ...aggregates: A & DistinctAliases<A, 'key'>
  ): KTable<K, Flatten<{ readonly key: K } & AggregatedColumns<Columns<V>, A>>>;
  aggregate<VA>(options: TableAggregateOptions<K, V, VA>): KTable<K, VA>;
  reduce(options: TableReduceOptions<K, V>): KTable<K, V>;
  /** Of the rows that are in the group now; 0 when the last has left. */
  count(options?: CountOptions<K>): KTable<K, number>;
}
