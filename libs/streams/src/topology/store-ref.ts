/** Stores by name and type, as tables are stored and queries ask for them. The adapter's side is ports/store.ts. */
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';

/** The one options object of every operator that keeps state (Kafka: Materialized). Only what differs from the default is named. */
export interface StoreOptions<K, V> {
  /** Names the store and its changelog, `<applicationId>-<name>-changelog`. @defaultValue the operator's name */
  readonly name?: string;
  /** Of the keys. @defaultValue the stream's own, where it is known, else tagged JSON */
  readonly key?: Serde<K>;
  /** Of the values. @defaultValue tagged JSON */
  readonly value?: Serde<V>;
  /** Windowed stores only, from the window's start; at least window + grace. @defaultValue exactly that */
  readonly retentionMs?: number;
  /** Whether changes are kept in a topic, from which the store is restored. False: state is lost with the process, said at start.
   *  @defaultValue true */
  readonly changelog?: boolean;
}

/** Of a store that keeps the rows of a table. */
export interface RowStoreOptions<K, V> extends StoreOptions<K, V> {
  /** What a row was is kept for so long, by stream time: a stream is joined with the row of its record's time, and an older update
   *  does not replace a newer row (KIP-889: versioned store). Whole milliseconds above 0. @defaultValue only the row of now is kept */
  readonly historyRetentionMs?: number;
  /** A row is deleted when it was not written for so long, by stream time. Whole milliseconds above 0.
   *  @defaultValue rows stay until a null value deletes them */
  readonly ttlMs?: number;
}

/** Both ends included; left out: from the first key, to the last. By the bytes of the keys, as the serde writes them. */
export interface KeyRange<K> {
  readonly from?: K;
  readonly to?: K;
}

export interface ReadOnlyKeyValueStore<K, out V> {
  get(key: K): MaybePromise<V | undefined>;
  /** Keys without a value are not in it. */
  getMany(keys: readonly K[]): Promise<ReadonlyMap<K, V>>;
  /** In no order; what is written meanwhile may be seen or not. */
  all(): AsyncIterable<KeyValue<K, V>>;
  /** In order of the key bytes. Stores are hash tables: this reads the whole store, and sorts what lies in the range in memory. */
  range(range?: KeyRange<K>): AsyncIterable<KeyValue<K, V>>;
}
export interface ReadOnlyWindowStore<K, out V> {
  fetch(key: K, windowStartMs: number): MaybePromise<V | undefined>;
  /** Windows that start within the span, both ends included, in order of time. */
  fetchRange(key: K, span: TimeSpan): AsyncIterable<KeyValue<Windowed<K>, V>>;
  /** Windows that start within the span, both ends included; tumbling and hopping ones in order of time. In no order of keys. */
  fetchAll(span: TimeSpan): AsyncIterable<KeyValue<Windowed<K>, V>>;
}

declare const store: unique symbol;
/** A store by name, with its type: what a table is stored as, and what a query or an injection asks for. */
export interface StoreRef<in out S> {
  readonly name: string;
  readonly [store]: (store: S) => S;
}
export function storeRef<S>(name: string): StoreRef<S> {
  return { name } as StoreRef<S>;
}
