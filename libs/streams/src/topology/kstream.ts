/** KStream: a stream of records, as the user sees it. Functions take the value first, then the key. */
import type { Condition, Columns } from '../column/expression.ts';
import type { AsyncOptions } from '../processor/operators/async-options.ts';
import type { Carries, KeyValue } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { StreamSink } from '../sink/sink.ts';
import type { GroupColumns, GroupKey, GroupedOptions, KGroupedStream, Selector } from './grouped-stream.ts';
import type { Joinable, JoinOptions, StreamJoin } from './join.ts';
import type { KTable } from './ktable.ts';
import type { AsyncLookupOptions, AsyncProcessOptions } from './process-async.ts';
import type { ProcessOptions, ProcessorOutputs, ProcessValuesOptions } from './processor.ts';
import type { StoreDefinitions } from './stores/store-definition.ts';
import type { RowStoreOptions } from './store-ref.ts';
import type { Topic } from './topic.ts';

export type Predicate<V, K> = (value: V, key: K) => boolean;
/** V narrowed by a type guard (TypeScript infers the guard of most arrow functions). */
// oxlint-disable-next-line typescript/no-explicit-any -- a guard of any parameter; never leaves this condition
export type Narrowed<V, P> = P extends (value: any, ...rest: any[]) => value is infer S ? S & V : V;

/** A function that must not return a promise: the message names the method that may. */
export type Sync<T> = T extends PromiseLike<unknown> ? 'a promise: use mapValuesAsync' : T;

export interface KStream<K, V> extends Carries<'stream', K, V> {
  filter<const P extends Predicate<V, K> | Condition<Columns<V>>>(predicate: P): KStream<K, Narrowed<V, P>>;
  /** May change the key: a grouping behind it repartitions. */
  map<KR, VR>(mapper: (value: V, key: K) => KeyValue<KR, VR>): KStream<KR, VR>;
  mapValues<VR>(mapper: (value: V, key: K) => Sync<VR>): KStream<K, VR>;
  /** For what must be awaited. The signal ends with the timeout. */
  mapValuesAsync<VR>(
    mapper: (value: V, key: K, signal: AbortSignal) => Promise<VR>,
    options: AsyncOptions,
  ): KStream<K, VR>;
  /** May change the key: a grouping behind it repartitions. */
  flatMap<KR, VR>(mapper: (value: V, key: K) => Iterable<KeyValue<KR, VR>>): KStream<KR, VR>;
  flatMapValues<VR>(mapper: (value: V, key: K) => Iterable<VR>): KStream<K, VR>;
  selectKey<KR>(selector: (value: V, key: K) => KR): KStream<KR, V>;
  peek(action: (value: V, key: K) => void): KStream<K, V>;
  /** Both streams in one; records of one partition keep their order, between the streams there is none. */
  merge<V2>(other: Carries<'stream', K, V2>): KStream<K, V | V2>;
  /** First match wins, in the order written; `rest` gets what matched none. */
  split<const B extends Readonly<Record<string, Predicate<V, K>>>>(
    branches: B,
  ): { readonly [N in keyof B]: KStream<K, Narrowed<V, B[N]>> } & { readonly rest: KStream<K, V> };

  /** By what a function gives: its own signature, so that the type of `options.key` is that of the function written in place. */
  groupBy<KR>(
    by: (value: V, key: K) => KR,
    options: GroupedOptions<KR, V>,
  ): KGroupedStream<KR, V, { readonly key: KR }>;
  /** By a column, by columns (the key is their object), or by a function. Always repartitions. */
  groupBy<const B extends (keyof V & string) | readonly (keyof V & string)[] | Selector<K, V>>(
    by: B,
    options: GroupedOptions<GroupKey<K, V, B>, V>,
  ): KGroupedStream<GroupKey<K, V, B>, V, GroupColumns<K, V, B>>;
  /** Repartitions only if the key may have changed since the source. */
  groupByKey(
    this: Carries<'stream', NonNullable<K>, V>,
    options: GroupedOptions<K, V>,
  ): KGroupedStream<K, V, { readonly key: K }>;

  /** With a stream: each pair of records of one key within the window, with the later time of the two.
   *  With a table: each record with the row of its key; none, none. The table's changes give no results.
   *  Repartitions what may have changed its key since the source. */
  join<O extends Joinable<K>, VR>(other: O, options: JoinOptions<K, V, O, VR>): KStream<K, VR>;
  /** The same; what finds no partner is passed on with null: behind a table at once, behind a stream when its window has closed. */
  leftJoin<O extends Joinable<K>, VR>(other: O, options: JoinOptions<K, V, O, VR, null>): KStream<K, VR>;
  /** Pairs within the window, and records of either side that found none. */
  outerJoin<R, VR>(
    other: Carries<'stream', K, R>,
    options: StreamJoin<K, V | null, R | null, VR>,
  ): KStream<K, VR>;

  /** The latest value of each key; null deletes. Repartitions if the key may have changed since the source. */
  toTable(options: {
    /** Names the operator, the store and its changelog. */
    readonly name: string;
    readonly store?: RowStoreOptions<K, NonNullable<V>>;
  }): KTable<K, NonNullable<V>>;

  /** A processor of your own, with stores and timers; it may change keys, so a grouping behind it repartitions. */
  process<KR = K, VR = V, const S extends StoreDefinitions = {}, const O extends ProcessorOutputs = {}>(
    options: ProcessOptions<K, V, KR, VR, S, O>,
  ): KStream<KR, VR>;
  /** The same; keys stay, so nothing behind it repartitions. */
  processValues<VR = V, const S extends StoreDefinitions = {}, const O extends ProcessorOutputs = {}>(
    options: ProcessValuesOptions<K, V, VR, S, O>,
  ): KStream<K, VR>;

  /** A processor without stores whose calls run side by side; it may change keys, so a grouping behind it repartitions. */
  processAsync<KR = K, VR = V, const O extends ProcessorOutputs = {}>(
    options: AsyncProcessOptions<K, V, KR, VR, O>,
  ): KStream<KR, VR>;
  /** Enriches each record with what is found outside: a service, a database. The answers are not part of the state: a record that
   *  is processed again after a crash asks again. */
  asyncLookup<KL, VL, VR>(options: AsyncLookupOptions<K, V, KL, VL, VR>): KStream<K, VR>;

  /** Writes to a topic of the application, partitioned by key, and reads it again. */
  repartition(options: RepartitionOptions<K, V>): KStream<K, V>;
  to(topic: Topic<K, V>): void;
  /** By way of a topic of the application, so that the sink can lag or fail on its own. */
  toSink(sink: StreamSink<K, V>): void;
}

export interface RepartitionOptions<K, V> {
  /** Names the topic: `<applicationId>-<name>-repartition`. */
  readonly name: string;
  /** @defaultValue the stream's own, where it is known, else tagged JSON */
  readonly key?: Serde<K>;
  /** @defaultValue the stream's own, where it is known, else tagged JSON */
  readonly value?: Serde<V>;
  /** @defaultValue as many as the largest topic it comes from */
  readonly numPartitions?: number;
}
