/** What groupBy and windowedBy give: streams that can only be aggregated. */
import type { AggregatedColumns, AliasedAggregate, DistinctAliases } from '../column/aggregate.ts';
import type { Columns } from '../column/expression.ts';
import type { Flatten, Windowed } from '../record/record.ts';
import type { Emit, SessionWindow, UnlimitedWindow, Window } from '../time/window.ts';
import type { KStream, RepartitionOptions } from './kstream.ts';
import type { FinalRows, KTable, WindowedKTable } from './ktable.ts';
import type { StoreOptions } from './store-ref.ts';

export type Selector<K, V> = (value: V, key: K) => unknown;
export type GroupKey<K, V, B> = B extends keyof V
  ? V[B]
  : B extends readonly (infer C extends keyof V)[]
    ? Flatten<Pick<V, C>>
    : B extends (value: V, key: K) => infer KR
      ? KR
      : never;
/** The columns that the grouping puts in front of an aggregated row. */
export type GroupColumns<K, V, B> = B extends keyof V
  ? Pick<V, B>
  : B extends readonly (infer C extends keyof V)[]
    ? Pick<V, C>
    : { readonly key: GroupKey<K, V, B> };

/** `name` names the repartition topic, the store and its changelog; never positional, so that an added filter resets nothing. */
export interface GroupedOptions<K, V> extends RepartitionOptions<K, V> {}

export interface AggregateOptions<K, V, VA> {
  readonly initializer: () => VA;
  /** May change `aggregate` in place and return it, once nothing can throw any more; not `value`. A record for which it throws, in
   *  any of its windows, counts in none. */
  readonly aggregator: (aggregate: VA, value: V, key: K) => VA;
  readonly store?: StoreOptions<K, VA>;
}
/** How two sessions become one. */
export interface SessionMerge<K, VA> {
  /** `left` may be the result of the initializer: that must not change what it is merged with. May change `left`, not `right`. */
  readonly merger: (left: VA, right: VA, key: K) => VA;
}
/** The first value of a group is its first result. */
export interface ReduceOptions<K, V> {
  /** Must change neither: a value is the first of each window that it falls into. */
  readonly reducer: (left: V, right: V, key: K) => V;
  readonly store?: StoreOptions<K, V>;
}
export interface CountOptions<K> {
  readonly store?: StoreOptions<K, number>;
}

type Aliased<V> = readonly AliasedAggregate<Columns<V>, string, unknown>[];

/** G: the columns that identify the group. */
export interface KGroupedStream<K, V, G> {
  readonly kind: 'grouped';
  windowedBy<W extends Window, E extends Emit = 'updates'>(
    window: W,
    options: WindowedOptions<K, V, E>,
  ): WindowedKStream<K, V, G, W, E>;
  /** Updates only: it never closes, and nothing is late. */
  windowedBy(
    window: UnlimitedWindow,
    options?: UnlimitedOptions,
  ): WindowedKStream<K, V, G, UnlimitedWindow, 'updates'>;
  agg<const A extends Aliased<V>>(
    ...aggregates: A & DistinctAliases<A, keyof G>
  ): KTable<K, Flatten<G & AggregatedColumns<Columns<V>, A>>>;
  aggregate<VA>(options: AggregateOptions<K, V, VA>): KTable<K, VA>;
  reduce(options: ReduceOptions<K, V>): KTable<K, V>;
  count(options?: CountOptions<K>): KTable<K, number>;
}

export interface LatenessOptions<K, V, E extends Emit> {
  /** `'final'`, `'updates'` or `{ everyMs }`: see `Emit`. @defaultValue 'updates' */
  readonly emit?: E;
  /** What came after window end + grace: counted and dropped, dead-lettered, or yours. @defaultValue 'drop' */
  readonly late?: 'drop' | 'deadLetter' | ((late: KStream<K, V>) => void);
}
export interface WindowedOptions<K, V, E extends Emit> extends LatenessOptions<K, V, E> {
  /** Waits beyond the watermark. No default (KIP-633). */
  readonly graceMs: number;
  /** Only to put a second window on the same grouping. */
  readonly name?: string;
}

/** Of a window without an end. */
export interface UnlimitedOptions {
  /** Only to put a second window on the same grouping. */
  readonly name?: string;
}

/** Columns of a row that belongs to a window, epoch milliseconds. */
export interface WindowColumns {
  readonly window_start: number;
  readonly window_end: number;
}

/** A session that grows deletes the one it was, so only there a result before the last can be null. */
export type WindowedResult<K, VR, W, E> = W extends SessionWindow
  ? E extends 'final'
    ? WindowedKTable<K, VR>
    : KTable<Windowed<K>, VR>
  : W extends UnlimitedWindow
    ? FinalRows<K, VR>
    : WindowedKTable<K, VR>;

export interface WindowedKStream<K, V, G, W extends Window | UnlimitedWindow, E extends Emit> {
  readonly kind: 'windowed';
  readonly window: W;
  readonly emit: E;
  agg<const A extends Aliased<V>>(
    ...aggregates: A & DistinctAliases<A, keyof G | keyof WindowColumns>
  ): WindowedResult<K, Flatten<G & WindowColumns & AggregatedColumns<Columns<V>, A>>, W, E>;
  aggregate<VA>(
    options: AggregateOptions<K, V, VA> & (W extends SessionWindow ? SessionMerge<K, VA> : unknown),
  ): WindowedResult<K, VA, W, E>;
  reduce(options: ReduceOptions<K, V>): WindowedResult<K, V, W, E>;
  count(options?: CountOptions<K>): WindowedResult<K, number, W, E>;
}
