/** Whether everything that was given is done: all tasks run, have read everything, and have committed it. */
import { changelogTopic, resolveTopic, type SourceSpec, type TopologyGraph } from '@hiveframe/streams';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { Instance } from '../instance.ts';
import type { StoreServer } from '../stores/store-server.ts';

export class Progress {
  readonly #graph: TopologyGraph;
  readonly #applicationId: string;
  readonly #cluster: SimulatedCluster;
  readonly #stores: StoreServer;

  constructor(graph: TopologyGraph, applicationId: string, cluster: SimulatedCluster, stores: StoreServer) {
    this.#graph = graph;
    this.#applicationId = applicationId;
    this.#cluster = cluster;
    this.#stores = stores;
  }

  leftToDo(instances: readonly Instance[], durableStores: boolean): string[] {
    return [
      ...instances.filter((one) => !one.isRunning).map(({ process }) => `${process.name} does not run`),
      ...(this.#isGroupComplete(instances.length) ? [] : ['the group has not come to rest']),
      ...(this.#cluster.transactions.hasOpen || this.#cluster.transactions.unwritten > 0
        ? ['a transaction has not ended']
        : []),
      ...this.#unread(),
      ...(durableStores ? this.#unflushed() : []),
    ];
  }

  #isGroupComplete(members: number): boolean {
    const group = this.#cluster.group(this.#applicationId);
    return group.isStable && group.memberIds.length === members;
  }

  #unread(): string[] {
    const topics = this.#graph.subTopologies
      .flatMap((sub) => sub.sources)
      .map(({ spec }) => resolveTopic((spec as SourceSpec).topic, this.#applicationId));
    return topics.flatMap((topic) =>
      this.#cluster.partitionsOf(topic).flatMap((partition) => {
        const committed = this.#cluster.offsets.get(this.#applicationId, partition)?.offset ?? 0;
        if (committed >= partition.committedEndOffset) return [];
        return [`${topic}-${partition.partition} is read to ${committed} of ${partition.committedEndOffset}`];
      }),
    );
  }

  #unflushed(): string[] {
    return this.#graph.subTopologies
      .flatMap((sub) => sub.stores)
      .flatMap(({ name: store }) =>
        this.#cluster.partitionsOf(changelogTopic(store, this.#applicationId)).flatMap((changelog) => {
          const { applicationId } = { applicationId: this.#applicationId };
          const { offset } = this.#stores.partition({ applicationId, store, partition: changelog.partition });
          if ((offset ?? 0) >= changelog.committedEndOffset) return [];
          return [`store ${store}-${changelog.partition} is at ${offset} of ${changelog.committedEndOffset}`];
        }),
      );
  }
}
