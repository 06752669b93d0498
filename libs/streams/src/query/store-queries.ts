/** The stores of an application, read only: committed data, whoever asks (Kafka Streams: interactive queries, KIP-67, KIP-796). */
import { StoreKindError } from '../errors/query.error.ts';
import type { Windowed } from '../record/record.ts';
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore, StoreRef } from '../topology/store-ref.ts';
import type { ReadOnlyListStore } from '../topology/stores/list-store.ts';
import type { ReadOnlyVersionedKeyValueStore } from '../topology/stores/versioned-key-value-store.ts';
import type { TopologyGraph } from '../topology/graph.ts';
import { allStores, findStore, type FoundStore, type NamedStore, type StoreLayout } from './store-layout.ts';
import { CommittedEntries, type CommittedEntry } from './committed-entries.ts';
import { readPage, type PageRequest, type RowsOf, type StorePage } from './store-page.ts';
import { StorePartitions, type QueryEnvironment, type StorePosition } from './store-partitions.ts';
import { CommittedKeyValueStore } from './views/key-value.ts';
import { CommittedListStore } from './views/list.ts';
import { CommittedKeyWindows, WindowsByBucket, WindowsByKey } from './views/sessions.ts';
import { CommittedVersionedStore } from './views/versioned.ts';
import { CommittedWindowStore } from './views/window.ts';

export interface StoreQueryOptions {
  /** Only this one, by its number: also for a key that lies elsewhere than its bytes say, because a processor wrote it there, or the
   *  producer of the source has a partitioner of its own. @defaultValue that of the key, or all */
  readonly partition?: number;
}

/** As a query names it. sliding and session: windows that records cut. */
export type QueryableKind = 'keyValue' | 'window' | 'sliding' | 'session' | 'list' | 'versionedKeyValue';
export interface QueryableStore {
  readonly name: string;
  readonly kind: QueryableKind;
  /** Formats of the serdes, where they are known. */
  readonly keyFormat: string | null;
  readonly valueFormat: string | null;
}

const KINDS: Readonly<Record<StoreLayout, QueryableKind>> = {
  keyValue: 'keyValue',
  window: 'window',
  sliding: 'sliding',
  session: 'session',
  sessionBuckets: 'session',
  list: 'list',
  versioned: 'versionedKeyValue',
};

export class StoreQueries {
  readonly #graph: TopologyGraph;
  readonly #environment: QueryEnvironment;

  /** @internal An application makes it, or `sharedStoreQueries`. */
  constructor(graph: TopologyGraph, environment: QueryEnvironment) {
    this.#graph = graph;
    this.#environment = environment;
  }

  get stores(): readonly QueryableStore[] {
    return allStores(this.#graph).map(describe);
  }

  /** @throws UnknownStoreError */
  query(store: NamedStore, { partition }: StoreQueryOptions = {}): StoreQuery {
    return new StoreQuery(findStore(this.#graph, store), this.#environment, partition ?? null);
  }

  /** @throws UnknownStoreError */
  store<S>(ref: StoreRef<S>, options?: StoreQueryOptions): S {
    return this.query(ref as NamedStore, options).view as S;
  }
}

/** One question to a store: what was read, and how far that has come. */
export class StoreQuery {
  readonly #found: FoundStore;
  readonly #entries: CommittedEntries;
  readonly #history: CommittedEntries | null;

  /** @internal `StoreQueries` makes it. */
  constructor(found: FoundStore, environment: QueryEnvironment, only: number | null) {
    const entriesOf = (one: FoundStore): CommittedEntries =>
      new CommittedEntries(new StorePartitions(one, environment, only));
    this.#found = found;
    this.#entries = entriesOf(found);
    this.#history = found.history === null ? null : entriesOf({ ...found, declaration: found.history });
  }

  get store(): QueryableStore {
    return describe(this.#found);
  }

  /** A read-only store of the kind that its reference says. */
  get view(): unknown {
    switch (this.#found.layout) {
      case 'keyValue':
        return new CommittedKeyValueStore(this.#entries);
      case 'window':
        return new CommittedWindowStore(this.#entries);
      case 'sliding':
      case 'session':
        return new CommittedKeyWindows(new WindowsByKey(this.#entries));
      case 'sessionBuckets':
        return new CommittedKeyWindows(new WindowsByBucket(this.#entries));
      case 'list':
        return new CommittedListStore(this.#entries);
      case 'versioned':
        return this.versioned();
    }
  }

  keyValue(): ReadOnlyKeyValueStore<unknown, unknown> {
    this.#require('keyValue', 'versioned');
    return new CommittedKeyValueStore(this.#entries);
  }

  list(): ReadOnlyListStore<unknown, unknown> {
    this.#require('list');
    return new CommittedListStore(this.#entries);
  }

  /** Of windows of any kind, by their starts. */
  windows(): ReadOnlyWindowStore<unknown, unknown> {
    this.#require('window', 'sliding', 'session', 'sessionBuckets');
    return this.view as CommittedWindowStore | CommittedKeyWindows;
  }

  /** The value of one window. */
  async windowOf({ key, window }: Windowed<unknown>): Promise<unknown> {
    const windows = this.windows();
    return windows instanceof CommittedKeyWindows
      ? windows.fetchSession(key, window)
      : windows.fetch(key, window.startMs);
  }

  /** Of a store that keeps a history. @throws StoreKindError */
  versioned(): ReadOnlyVersionedKeyValueStore<unknown, unknown> {
    if (this.#history !== null) return new CommittedVersionedStore(this.#entries, this.#history);
    throw new StoreKindError(
      `Cannot read store ${this.store.name} as of another time: it keeps no history. Give it one (historyRetentionMs).`,
    );
  }

  /** @throws StoreKindError for a list */
  page(request: PageRequest): Promise<StorePage> {
    return readPage(this.#entries, request, this.#rowsOf());
  }

  /** Of the partitions that were read. */
  get positions(): readonly StorePosition[] {
    return this.#entries.partitions.positions;
  }
  /** See `StorePartitions`. */
  lagOffsets(): Promise<number | null> {
    return this.#entries.partitions.lagOffsets();
  }

  #rowsOf(): RowsOf {
    const plain = (entry: CommittedEntry) => [{ key: entry.key, value: this.#entries.shown(entry, null) }];
    switch (this.#found.layout) {
      case 'keyValue':
      case 'versioned':
        return plain;
      case 'window': {
        const windows = new CommittedWindowStore(this.#entries);
        return (entry, segment) => [windows.shown(entry, segment!)];
      }
      case 'sliding':
      case 'session': {
        const windows = new WindowsByKey(this.#entries);
        return (entry) => windows.rowsOf(entry);
      }
      case 'sessionBuckets': {
        const windows = new WindowsByBucket(this.#entries);
        return (entry) => windows.rowsOf(entry);
      }
      case 'list':
        throw new StoreKindError(
          `Cannot read store ${this.store.name} in pages: it holds lists. Ask for the list of a key.`,
        );
    }
  }

  #require(...expected: readonly StoreLayout[]): void {
    if (expected.includes(this.#found.layout)) return;
    throw new StoreKindError(
      `Cannot read store ${this.store.name} so: it is a ${this.store.kind} store, not ${expected.map((layout) => KINDS[layout]).join(' or ')}.`,
    );
  }
}

function describe({ declaration: { name, key, value }, layout }: FoundStore): QueryableStore {
  return { name, kind: KINDS[layout], keyFormat: key.format ?? null, valueFormat: value.format ?? null };
}
