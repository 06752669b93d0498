/** What a table's groupBy gives: rows by group, which can only be aggregated. */
import type { CountOptions } from './grouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { StoreOptions } from './store-ref.ts';

/** A row that changes is subtracted as it was, and added as it is. A result of null deletes the group. */
export interface TableAggregateOptions<K, V, VA> {
  readonly initializer: () => VA;
  readonly adder: (aggregate: VA, value: V, key: K) => VA;
  /** Takes back what `adder` added. */
  readonly subtractor: (aggregate: VA, value: V, key: K) => VA;
  readonly store?: StoreOptions<K, VA>;
}
/** The first value of a group is its first result. */
export interface TableReduceOptions<K, V> {
  readonly adder: (left: V, right: V, key: K) => V;
  /** Takes back what `adder` added. */
  readonly subtractor: (left: V, right: V, key: K) => V;
  readonly store?: StoreOptions<K, V>;
}

export interface KGroupedTable<K, V> {
  readonly kind: 'groupedTable';
  aggregate<VA>(options: TableAggregateOptions<K, V, VA>): KTable<K, VA>;
  reduce(options: TableReduceOptions<K, V>): KTable<K, V>;
  /** Of the rows that are in the group now; 0 when the last has left. */
  count(options?: CountOptions<K>): KTable<K, number>;
}
