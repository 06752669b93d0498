/** Stores as a test reads them: what is committed, of all partitions, whichever instance has them. */
import type {
  KeyValue,
  ReadOnlyKeyValueStore,
  ReadOnlyListStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedKeyValueStore,
  ReadOnlyWindowStore,
  StoreRef,
  TimeSpan,
  VersionedRecord,
  Windowed,
} from '@hiveframe/streams';
import {
  BOUNDS,
  type KeyWindows,
  type ListBounds,
  type ListKey,
  type RowVersion,
  type StoredSession,
} from '@hiveframe/streams/internal';
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
  /** The sessions of the key that the store has, in order of time: of an aggregate those that are still open. */
  fetch(key: K): Promise<readonly KeyValue<Windowed<K>, V>[]>;
  /** In order of time. */
  all(): Promise<readonly KeyValue<Windowed<K>, V>[]>;
}

export interface TestListStore<K, out V> {
  /** All elements, in the order they were appended. */
  values(key: K): Promise<readonly V[]>;
  /** Of the lists that have elements, in no order. */
  keys(): Promise<readonly K[]>;
}

export interface TestVersionedKeyValueStore<K, out V> {
  /** The latest value; or, with a time, what held then. undefined: nothing did. */
  get(key: K, asOfMs?: number): Promise<VersionedRecord<V> | undefined>;
}

/** By name, or by reference: that of a table (`table.queryable`), or the definition of a processor's store. */
export type KeyValueStoreRef<K, V> = string | StoreRef<ReadOnlyKeyValueStore<K, V>>;
export type WindowStoreRef<K, V> = string | StoreRef<ReadOnlyWindowStore<K, V>>;
export type ListStoreRef<K, V> = string | StoreRef<ReadOnlyListStore<K, V>>;
export type VersionedKeyValueStoreRef<K, V> = string | StoreRef<ReadOnlyVersionedKeyValueStore<K, V>>;
export type SessionStoreRef<K, V> =
  | string
  | StoreRef<ReadOnlySessionStore<K, V>>
  | StoreRef<ReadOnlyKeyValueStore<Windowed<K>, V>>
  | StoreRef<ReadOnlyWindowStore<K, V>>;

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
        .sort(byStart),
  };
}

/** Sessions of a processor: those of a key that end within one bucket of time in one entry. */
export function testSessionBuckets<K, V>(entries: CommittedEntries): TestSessionStore<K, V> {
  const spread = (key: K, value: unknown): KeyValue<Windowed<K>, V>[] =>
    (value as readonly StoredSession[]).map(({ startMs, endMs, value: session }) => ({
      key: { key, window: { startMs, endMs } },
      value: session as V,
    }));
  return {
    fetch: async (key) => {
      const buckets = await entries.segments();
      const found = await Promise.all(buckets.map((bucket) => entries.find(bucket, key)));
      return found.flatMap((entry) => (entry === undefined ? [] : spread(key, entry.value))).sort(byStart);
    },
    all: async () => {
      const buckets = await entries.segments();
      const found = await Promise.all(buckets.map((bucket) => entries.scan(bucket)));
      return found
        .flat()
        .flatMap(({ key, value }) => spread(key as K, value))
        .sort(byStart);
    },
  };
}

function byStart(a: KeyValue<Windowed<unknown>, unknown>, b: KeyValue<Windowed<unknown>, unknown>): number {
  return a.key.window.startMs - b.key.window.startMs;
}

export function testListStore<K, V>(entries: CommittedEntries): TestListStore<K, V> {
  const at = async (key: K, index: number) => (await entries.find(null, { key, index }))?.value;
  return {
    values: async (key) => {
      const bounds = (await at(key, BOUNDS)) as ListBounds | undefined;
      const { first, end } = bounds ?? { first: 0, end: 0 };
      const places = Array.from({ length: end - first }, (_, place) => first + place);
      const cells = await Promise.all(places.map((index) => at(key, index)));
      return cells.map((cell) => (cell as { readonly element: V }).element);
    },
    keys: async () =>
      (await entries.scan(null))
        .map(({ key }) => key as ListKey)
        .filter(({ index }) => index === BOUNDS)
        .map(({ key }) => key as K),
  };
}

export function testVersionedKeyValueStore<K, V>(
  latest: CommittedEntries,
  history: CommittedEntries,
): TestVersionedKeyValueStore<K, V> {
  const versionAt = async (key: K, atMs: number) => {
    const buckets = await history.segments();
    const found = await Promise.all(buckets.map((bucket) => history.find(bucket, key)));
    const versions = found.flatMap((entry) => (entry?.value ?? []) as readonly RowVersion[]);
    return versions.find(({ fromMs, toMs, value }) => value !== null && fromMs <= atMs && atMs < toMs);
  };
  return {
    get: async (key, asOfMs = Infinity) => {
      const now = await latest.find(null, key);
      if (now !== undefined && now.timestampMs <= asOfMs)
        return { value: now.value as V, timestampMs: now.timestampMs, validToMs: null };
      const version = await versionAt(key, asOfMs);
      return version && { value: version.value as V, timestampMs: version.fromMs, validToMs: version.toMs };
    },
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
