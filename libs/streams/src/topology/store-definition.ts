/** Stores that processors declare for themselves (Kafka Streams: StoreBuilder). A definition is its own reference: a query or an
 *  injection asks by it. Processors that name the same definition share the store. */
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore, StoreOptions, StoreRef } from './store-ref.ts';

/** Reads give a promise only for what is not in memory: `await` always fits. Writes leave with the next commit. */
export interface KeyValueStore<K, in out V> extends ReadOnlyKeyValueStore<K, V> {
  get(key: K): MaybePromise<V | undefined>;
  /** null and undefined delete. */
  put(key: K, value: V | null | undefined): void;
  delete(key: K): void;
  /** In no order; what is written meanwhile may be seen or not. */
  all(): AsyncIterable<KeyValue<K, V>>;
}
/** Values by key and window start. Those of starts that are over by `retentionMs` go, by stream time. */
export interface WindowStore<K, in out V> extends ReadOnlyWindowStore<K, V> {
  /** Beyond its retention a write is dropped. null and undefined delete. */
  put(key: K, windowStartMs: number, value: V | null | undefined): void;
  fetch(key: K, windowStartMs: number): MaybePromise<V | undefined>;
  /** Windows that start within the span, both ends included, in order of time. */
  fetchRange(key: K, span: TimeSpan): AsyncIterable<KeyValue<Windowed<K>, V>>;
  /** In order of time, in no order of keys. */
  fetchAll(span: TimeSpan): AsyncIterable<KeyValue<Windowed<K>, V>>;
}

declare const writable: unique symbol;
/** Declares a store, and refers to it. S: as its processors see it; R: as queries do. */
export interface StoreDefinition<in out S, in out R> extends StoreRef<R> {
  readonly kind: 'keyValue' | 'window';
  readonly [writable]: S;
}
export type StoreDefinitions = Readonly<Record<string, { readonly [writable]: unknown }>>;
export type StoresOf<D extends StoreDefinitions> = { readonly [N in keyof D]: D[N][typeof writable] };

export interface KeyValueStoreOptions<K, V> extends Pick<StoreOptions<K, V>, 'changelog'> {
  /** Names the changelog: `<applicationId>-<name>-changelog`. */
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}
export interface WindowStoreOptions<K, V> extends KeyValueStoreOptions<K, V> {
  readonly windowMs: number;
  /** From the start of a window; at least `windowMs`. */
  readonly retentionMs: number;
}

/** What a definition is behind its type. */
export interface DefinedStore {
  readonly name: string;
  readonly kind: 'keyValue' | 'window';
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  readonly changelog?: boolean;
  readonly windowMs?: number;
  readonly retentionMs?: number;
}

export function keyValueStore<K, V>(
  options: KeyValueStoreOptions<K, V>,
): StoreDefinition<KeyValueStore<K, V>, ReadOnlyKeyValueStore<K, V>> {
  return { ...options, kind: 'keyValue' } as unknown as StoreDefinition<
    KeyValueStore<K, V>,
    ReadOnlyKeyValueStore<K, V>
  >;
}

/** @throws TopologyError when the process is built, for a retention shorter than a window */
export function windowStore<K, V>(
  options: WindowStoreOptions<K, V>,
): StoreDefinition<WindowStore<K, V>, ReadOnlyWindowStore<K, V>> {
  return { ...options, kind: 'window' } as unknown as StoreDefinition<
    WindowStore<K, V>,
    ReadOnlyWindowStore<K, V>
  >;
}
