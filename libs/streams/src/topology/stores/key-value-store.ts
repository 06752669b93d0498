import type { KeyValue, MaybePromise } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { ReadOnlyKeyValueStore } from '../store-ref.ts';
import { defineStore, type DefinedStoreOptions, type StoreDefinition } from './store-definition.ts';

export interface ValueAndTimestamp<out V> {
  readonly value: V;
  /** Highest event time of what was processed when it was written. */
  readonly timestampMs: number;
}

/** Reads give a promise only for what is not in memory: `await` always fits. Writes leave with the next commit. */
export interface KeyValueStore<K, in out V> extends ReadOnlyKeyValueStore<K, V> {
  get(key: K): MaybePromise<V | undefined>;
  /** Kafka Streams: TimestampedKeyValueStore. */
  getWithTimestamp(key: K): MaybePromise<ValueAndTimestamp<V> | undefined>;
  /** null and undefined delete. */
  put(key: K, value: V | null | undefined): void;
  putAll(entries: Iterable<KeyValue<K, V | null | undefined>>): void;
  /** Gives what was there; undefined: nothing, and the value was written. Await it before the next of this key. */
  putIfAbsent(key: K, value: V): MaybePromise<V | undefined>;
  delete(key: K): void;
  /** Keys whose bytes begin with those of the prefix, in order of their bytes; costs what `range` does. */
  prefixScan<P>(prefix: P, serde: Serde<P>): AsyncIterable<KeyValue<K, V>>;
}

export type KeyValueStoreOptions<K, V> = DefinedStoreOptions<K, V>;

/** The latest value of each key. */
export function keyValueStore<K, V>({
  name,
  key,
  value,
  changelog,
}: KeyValueStoreOptions<K, V>): StoreDefinition<KeyValueStore<K, V>, ReadOnlyKeyValueStore<K, V>> {
  return defineStore('keyValue', {
    name,
    kind: 'keyValue',
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    changelog,
    retentionMs: null,
    windowSizeMs: null,
  });
}
