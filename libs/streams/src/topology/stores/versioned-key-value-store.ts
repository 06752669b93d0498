import { TopologyError } from '../../errors/streams.error.ts';
import type { MaybePromise, TimeSpan } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import { historyBeside } from './beside-rows.ts';
import { defineStore, type DefinedStoreOptions, type StoreDefinition } from './store-definition.ts';

/** A value, and when it held (Kafka Streams: VersionedRecord). */
export interface VersionedRecord<out V> {
  readonly value: V;
  /** From this time on. */
  readonly timestampMs: number;
  /** Until before this time; null: it is the latest. */
  readonly validToMs: number | null;
}

export interface ReadOnlyVersionedKeyValueStore<K, out V> {
  /** The latest value; or, with a time, what held then. undefined: nothing did, or it is longer ago than the history is kept. The
   *  latest value is there however old it is. */
  get(key: K, asOfMs?: number): MaybePromise<VersionedRecord<V> | undefined>;
  /** All that held within the span, both ends included, in order of time (KIP-968: MultiVersionedKeyQuery). @defaultValue all that is kept */
  versions(key: K, span?: TimeSpan): AsyncIterable<VersionedRecord<V>>;
}
/** What the value of a key was at any time (KIP-889; Kafka Streams: VersionedKeyValueStore). Writes may come in any order of their
 *  times. Calls for one key take effect in the order they are made. */
export interface VersionedKeyValueStore<K, in out V> extends ReadOnlyVersionedKeyValueStore<K, V> {
  /** Holds from this time on, until the next one that is known. null and undefined delete. A write of a time that is longer ago than
   *  the history is kept is dropped. @throws ProcessingError for a time that is no whole number of milliseconds, 0 or more */
  put(key: K, value: V | null | undefined, timestampMs: number): MaybePromise<void>;
  /** From this time on there is nothing, until the next value that is known. Gives what held then. */
  delete(key: K, timestampMs: number): MaybePromise<VersionedRecord<V> | undefined>;
}

export interface VersionedKeyValueStoreOptions<K, V> extends DefinedStoreOptions<K, V> {
  /** What held is known for so long after it ended, by stream time. Whole milliseconds above 0. It is also how late a write may come. */
  readonly historyRetentionMs: number;
}

/** Values by key and time: the latest ones in a store of this name, what they were before in `<name>-history`.
 *  @throws TopologyError for a retention that is no time */
export function versionedKeyValueStore<K, V>({
  name,
  key,
  value,
  changelog = true,
  historyRetentionMs,
}: VersionedKeyValueStoreOptions<K, V>): StoreDefinition<
  VersionedKeyValueStore<K, V>,
  ReadOnlyVersionedKeyValueStore<K, V>
> {
  if (!Number.isSafeInteger(historyRetentionMs) || historyRetentionMs <= 0) {
    throw new TopologyError(
      `Cannot declare store ${name}: historyRetentionMs is ${String(historyRetentionMs)}; it must be a whole number of milliseconds above 0.`,
    );
  }
  const latest: StoreDeclaration = {
    name,
    kind: 'keyValue',
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    changelog,
    retentionMs: null,
    windowSizeMs: null,
  };
  return defineStore('versionedKeyValue', latest, [historyBeside(latest, historyRetentionMs)]);
}
