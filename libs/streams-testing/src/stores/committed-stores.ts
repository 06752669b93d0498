/** Finds a store in the topology, and reads it as what it is. */
import type { StorePort, TopologyGraph } from '@hiveframe/streams';
import { findStore, historyName, type FoundStore, type NamedStore } from '@hiveframe/streams/internal';
import { CommittedEntries } from './committed-entries.ts';
import { requireLayout } from './store-layout.ts';
import {
  testKeyValueStore,
  testListStore,
  testSessionBuckets,
  testSessionStore,
  testSlidingStore,
  testVersionedKeyValueStore,
  testWindowStore,
  type KeyValueStoreRef,
  type ListStoreRef,
  type SessionStoreRef,
  type TestKeyValueStore,
  type TestListStore,
  type TestSessionStore,
  type TestVersionedKeyValueStore,
  type TestWindowStore,
  type VersionedKeyValueStoreRef,
  type WindowStoreRef,
} from './test-stores.ts';

/** The partitions of a sub-topology, each with the stores of the instance that has it now. */
export type OwnersOf = (
  subTopology: number,
) => Promise<readonly { readonly partition: number; readonly stores: StorePort }[]>;

export class CommittedStores {
  readonly #graph: TopologyGraph;
  readonly #applicationId: string;
  readonly #ownersOf: OwnersOf;

  constructor(graph: TopologyGraph, applicationId: string, ownersOf: OwnersOf) {
    this.#graph = graph;
    this.#applicationId = applicationId;
    this.#ownersOf = ownersOf;
  }

  keyValue<K, V>(store: KeyValueStoreRef<K, V>): TestKeyValueStore<K, V> {
    const found = this.#find(store);
    requireLayout(found, 'keyValue');
    return testKeyValueStore(this.#entries(found));
  }

  window<K, V>(store: WindowStoreRef<K, V>): TestWindowStore<K, V> {
    const found = this.#find(store);
    requireLayout(found, 'window', 'sliding');
    const entries = this.#entries(found);
    if (found.layout === 'sliding') return testSlidingStore(entries);
    return testWindowStore(entries, found.declaration.windowSizeMs ?? 0);
  }

  session<K, V>(store: SessionStoreRef<K, V>): TestSessionStore<K, V> {
    const found = this.#find(store);
    requireLayout(found, 'session', 'sessionBuckets');
    const entries = this.#entries(found);
    return found.layout === 'session' ? testSessionStore(entries) : testSessionBuckets(entries);
  }

  list<K, V>(store: ListStoreRef<K, V>): TestListStore<K, V> {
    const found = this.#find(store);
    requireLayout(found, 'list');
    return testListStore(this.#entries(found));
  }

  versionedKeyValue<K, V>(store: VersionedKeyValueStoreRef<K, V>): TestVersionedKeyValueStore<K, V> {
    const found = this.#find(store);
    requireLayout(found, 'versioned', 'keyValue');
    const history = this.#find(historyName(found.declaration));
    return testVersionedKeyValueStore(this.#entries(found), this.#entries(history));
  }

  #find(store: NamedStore): FoundStore {
    return findStore(this.#graph, store);
  }

  #entries({ declaration, subTopology }: FoundStore): CommittedEntries {
    const { name: store, kind } = declaration;
    const applicationId = this.#applicationId;
    return new CommittedEntries(declaration, async () =>
      (await this.#ownersOf(subTopology.id)).map(({ stores, partition }) =>
        stores.reader({ applicationId, store, partition }, { name: store, kind }),
      ),
    );
  }
}
