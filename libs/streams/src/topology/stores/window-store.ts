import { TopologyError } from '../../errors/streams.error.ts';
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { ReadOnlyWindowStore } from '../store-ref.ts';
import { defineStore, type DefinedStoreOptions, type StoreDefinition } from './store-definition.ts';

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

export interface WindowStoreOptions<K, V> extends DefinedStoreOptions<K, V> {
  readonly windowMs: number;
  /** From the start of a window; at least `windowMs`. */
  readonly retentionMs: number;
}

/** @throws TopologyError for a retention shorter than a window */
export function windowStore<K, V>({
  name,
  key,
  value,
  changelog,
  windowMs,
  retentionMs,
}: WindowStoreOptions<K, V>): StoreDefinition<WindowStore<K, V>, ReadOnlyWindowStore<K, V>> {
  if (retentionMs < windowMs) {
    throw new TopologyError(
      `Cannot declare store ${name}: it keeps windows for ${retentionMs} ms, but they last ${windowMs} ms.`,
    );
  }
  return defineStore('window', {
    name,
    kind: 'window',
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    changelog,
    retentionMs,
    windowSizeMs: windowMs,
  });
}
