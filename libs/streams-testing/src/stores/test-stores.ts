/** Stores as a test reads them: what is committed, of all partitions, whichever instance has them. */
import type {
  KeyValue,
  ReadOnlyKeyValueStore,
  ReadOnlyWindowStore,
  StoreRef,
  TimeSpan,
  Windowed,
} from '@hiveframe/streams';
import type { KeyWindows } from '@hiveframe/streams/internal';
import type { CommittedEntries } from './committed-entries.ts';

export interface TestKeyValueStore<K, out V> {
  /** undefined: there is none. */
  get(key: K): Promise<V | undefined>;
  /** In no order. */
  all(): Promise<readonly KeyValue<K, V>[]>;
}
export interface TestWindowStore<K, out V> {
  /** The window of the key that starts then. */
  fetch(key: K, windowStartMs: number): Promise<V | undefined>;
  /** Windows that start within the span, both ends included, in order of time. @defaultValue all */
  all(span?: TimeSpan): Promise<readonly KeyValue<Windowed<K>, V>[]>;
}
export interface TestSessionStore<K, out V> {
  /** The sessions of the key that are still open, in order of time. */
  fetch(key: K): Promise<readonly KeyValue<Windowed<K>, V>[]>;
  /** In order of time. */
  all(): Promise<readonly KeyValue<Windowed<K>, V>[]>;
}

/** By name, or by reference: that of a table (`table.queryable`), or the definition of a processor's store. */
export type KeyValueStoreRef<K, V> = string | StoreRef<ReadOnlyKeyValueStore<K, V>>;
export type WindowStoreRef<K, V> = string | StoreRef<ReadOnlyWindowStore<K, V>>;
export type SessionStoreRef<K, V> =
  string | StoreRef<ReadOnlyKeyValueStore<Windowed<K>, V>> | StoreRef<ReadOnlyWindowStore<K, V>>;

const ALWAYS: TimeSpan = { startMs: -Infinity, endMs: Infinity };

export function testKeyValueStore<K, V>(entries: CommittedEntries): TestKeyValueStore<K, V> {
  return {
    get: async (key) => {
      const entry = await entries.find(null, key);
      return entry && (entries.shown(entry, null) as V);
    },
    all: async () =>
      (await entries.scan(null)).map((entry) => ({
        key: entry.key as K,
        value: entries.shown(entry, null) as V,
      })),
  };
}

export function testWindowStore<K, V>(entries: CommittedEntries, sizeMs: number): TestWindowStore<K, V> {
  const windowAt = (startMs: number): TimeSpan => ({ startMs, endMs: startMs + sizeMs });
  return {
    fetch: async (key, windowStartMs) => {
      const entry = await entries.find(windowStartMs, key);
      return entry && (entries.shown(entry, windowAt(windowStartMs)) as V);
    },
    all: async ({ startMs, endMs } = ALWAYS) => {
      const starts = (await entries.segments()).filter((start) => start >= startMs && start <= endMs);
      const found: KeyValue<Windowed<K>, V>[] = [];
      for (const start of starts) {
        const window = windowAt(start);
        for (const entry of await entries.scan(start))
          found.push({ key: { key: entry.key as K, window }, value: entries.shown(entry, window) as V });
      }
      return found;
    },
  };
}

/** Sessions and sliding windows: all of a key in one entry. */
function keyWindows<K, V>(entries: CommittedEntries, key: K, value: unknown): KeyValue<Windowed<K>, V>[] {
  return (value as KeyWindows).windows.map(({ startMs, endMs, aggregate }) => {
    const window = { startMs, endMs };
    return { key: { key, window }, value: entries.shown({ key, value: aggregate }, window) as V };
  });
}

export function testSessionStore<K, V>(entries: CommittedEntries): TestSessionStore<K, V> {
  return {
    fetch: async (key) => {
      const entry = await entries.find(null, key);
      return entry === undefined ? [] : keyWindows<K, V>(entries, key, entry.value);
    },
    all: async () =>
      (await entries.scan(null))
        .flatMap(({ key, value }) => keyWindows<K, V>(entries, key as K, value))
        .sort((a, b) => a.key.window.startMs - b.key.window.startMs),
  };
}

export function testSlidingStore<K, V>(entries: CommittedEntries): TestWindowStore<K, V> {
  const sessions = testSessionStore<K, V>(entries);
  return {
    fetch: async (key, windowStartMs) =>
      (await sessions.fetch(key)).find(({ key: { window } }) => window.startMs === windowStartMs)?.value,
    all: async ({ startMs, endMs } = ALWAYS) =>
      (await sessions.all()).filter(
        ({ key: { window } }) => window.startMs >= startMs && window.startMs <= endMs,
      ),
  };
}
