/** Finds a store in the topology, and reads it as what it is. */
import type { StorePort, TopologyGraph } from '@hiveframe/streams';
import { CommittedEntries } from './committed-entries.ts';
import { findStore, requireLayout, type FoundStore } from './store-layout.ts';
import {
  testKeyValueStore,
  testSessionStore,
  testSlidingStore,
  testWindowStore,
  type KeyValueStoreRef,
  type SessionStoreRef,
  type TestKeyValueStore,
  type TestSessionStore,
  type TestWindowStore,
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
    requireLayout(found, 'session');
    return testSessionStore(this.#entries(found));
  }

  #find(store: string | { readonly name: string }): FoundStore {
    return findStore(this.#graph, typeof store === 'string' ? store : store.name);
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
