/** KTable: the latest value per key. */
import type { Columns, Condition } from '../column/expression.ts';
import type { Carries, KeyValue, Windowed } from '../record/record.ts';
import type { StreamSink } from '../sink/sink.ts';
import type { GroupedOptions } from './grouped-stream.ts';
import type { KGroupedTable } from './grouped-table.ts';
import type { ForeignKeyIfNeeded, TableJoin } from './join.ts';
import type { KStream, Narrowed, Predicate, Sync } from './kstream.ts';
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore, RowStoreOptions, StoreRef } from './store-ref.ts';
import type { SuppressUntilTimeLimit, SuppressUntilWindowCloses } from './suppressed.ts';
import type { Topic } from './topic.ts';

/** A store for a table that would have none; its name names the operator too, the store and its changelog. */
export interface OwnStore<K, V> extends RowStoreOptions<K, V> {
  readonly name: string;
}

export interface KTable<K, V> extends Carries<'table', K, V> {
  /** A row that does not fit (any more) is deleted for those behind. */
  filter<const P extends Predicate<V, K> | Condition<Columns<V>>>(
    predicate: P,
    options?: { readonly store?: OwnStore<K, Narrowed<V, P>> },
  ): KTable<K, Narrowed<V, P>>;
  /** Without a store of its own, a row may be made more than once: the mapper must give the same for the same. */
  mapValues<VR>(
    mapper: (value: V, key: K) => Sync<VR>,
    options?: { readonly store?: OwnStore<K, VR> },
  ): KTable<K, VR>;
  /** Puts each row into a group, by way of a repartition topic; a null key or value: into none. */
  groupBy<KR, VR>(
    selector: (value: V, key: K) => KeyValue<KR, VR>,
    options: GroupedOptions<NonNullable<KR>, NonNullable<VR>>,
  ): KGroupedTable<NonNullable<KR>, NonNullable<VR>>;
  /** A row where both tables have one, made anew when either changes. With `foreignKey` each row of this table is joined with the one
   *  it names, many with one; by way of two topics of the application, so the tables need not be partitioned alike. */
  join<KO, R, VR>(
    other: Carries<'table', KO, R>,
    options: TableJoin<K, V, R, VR> & ForeignKeyIfNeeded<K, V, KO>,
  ): KTable<K, VR>;
  /** A row where this table has one. */
  leftJoin<KO, R, VR>(
    other: Carries<'table', KO, R>,
    options: TableJoin<K, V, R | null, VR> & ForeignKeyIfNeeded<K, V, KO>,
  ): KTable<K, VR>;
  /** A row where any of the tables has one. */
  outerJoin<R, VR>(
    other: Carries<'table', K, R>,
    options: TableJoin<K, V | null, R | null, VR>,
  ): KTable<K, VR>;
  /** Passes on fewer changes: what is held back becomes one change for each row (KIP-328). */
  suppress(options: SuppressUntilTimeLimit<K, V>): KTable<K, V>;
  /** One result for each window, when it has closed. Behind windows with `emit: 'updates'`; with 'final' they do so themselves. */
  suppress<KW>(
    this: Carries<'table', Windowed<KW>, V>,
    options: SuppressUntilWindowCloses<K, V>,
  ): FinalRows<KW, V>;
  /** null: the key was deleted. */
  toStream(): KStream<K, V | null>;
  /** Deletions become tombstones. */
  to(topic: Topic<K, V>): void;
  /** null: the key was deleted. */
  toSink(sink: StreamSink<K, V | null>): void;
  /** Names the store by a reference declared elsewhere, of exactly this type; then an injection needs no table at hand.
   *  @throws TopologyError for a table that has no store of its own */
  storedAs(ref: StoreRef<ReadOnlyKeyValueStore<K, V>>): KTable<K, V>;
  /** @throws TopologyError for a table that has no store of its own */
  readonly queryable: StoreRef<ReadOnlyKeyValueStore<K, V>>;
}

/** A windowed table that never deletes: its stream has no nulls. */
export interface WindowedKTable<K, V> extends Omit<
  KTable<Windowed<K>, V>,
  | 'toStream'
  | 'toSink'
  | 'queryable'
  | 'storedAs'
  | 'filter'
  | 'mapValues'
  | 'groupBy'
  | 'join'
  | 'leftJoin'
  | 'outerJoin'
  | 'suppress'
> {
  filter<const P extends Predicate<V, Windowed<K>> | Condition<Columns<V>>>(
    predicate: P,
  ): KTable<Windowed<K>, Narrowed<V, P>>;
  mapValues<VR>(mapper: (value: V, key: Windowed<K>) => Sync<VR>): KTable<Windowed<K>, VR>;
  suppress(options: SuppressUntilTimeLimit<Windowed<K>, V>): FinalRows<K, V>;
  suppress(options: SuppressUntilWindowCloses<Windowed<K>, V>): FinalRows<K, V>;
  toStream(): KStream<Windowed<K>, V>;
  toSink(sink: StreamSink<Windowed<K>, V>): void;
  storedAs(ref: StoreRef<ReadOnlyWindowStore<K, V>>): WindowedKTable<K, V>;
  readonly queryable: StoreRef<ReadOnlyWindowStore<K, V>>;
}

/** A windowed table that never deletes, and keeps no rows that could be asked for. */
export type FinalRows<K, V> = Omit<WindowedKTable<K, V>, 'storedAs' | 'queryable' | 'suppress'>;
