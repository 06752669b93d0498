/** What lies in the cluster when all is over, as plain values. */
import type { LogPartition, PlainRecord } from '../cluster/log-partition.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { Reading } from '../workload/input.ts';

export interface Given extends Reading {
  readonly key: string;
}
export interface Emitted {
  readonly key: Buffer;
  readonly value: unknown;
}

export class Evidence {
  readonly #cluster: SimulatedCluster;

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
  }

  /** The committed input by partition, in the order of the log. */
  get given(): Given[][] {
    return this.#cluster.partitionsOf('input').map((partition) =>
      partition.committed().map(({ key, value }) => ({
        key: key!.toString(),
        ...(JSON.parse(value!.toString()) as Reading),
      })),
    );
  }

  /** The committed records of an output topic, each partition in its order. */
  emitted(topic: string): Emitted[] {
    return this.#cluster.partitionsOf(topic).flatMap((partition) => partition.committed().map(parse));
  }

  changelog(topic: string): readonly LogPartition[] {
    return this.#cluster.partitionsOf(topic);
  }
}

function parse({ key, value }: PlainRecord): Emitted {
  return { key: key!, value: JSON.parse(value!.toString()) as unknown };
}
