/** What a client of the cluster shares among its parts: the process it lives in, and the way to the cluster. */
import { LogError } from '@hiveframe/streams';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { unavailable } from '../cluster/failures.ts';
import { Unanswered, type CallOptions, type Network, type Operation } from '../kernel/network.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { Random } from '../kernel/random.ts';

/** Long enough for a late answer to find its asker in another generation of the group. */
export const REQUEST_TIMEOUT_MS = 700;

export interface ConnectionOptions {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly cluster: SimulatedCluster;
  readonly random: Random;
}

export class Connection {
  readonly process: SimulatedProcess;
  readonly cluster: SimulatedCluster;
  readonly random: Random;
  readonly #network: Network;

  constructor({ process, network, cluster, random }: ConnectionOptions) {
    this.process = process;
    this.cluster = cluster;
    this.random = random;
    this.#network = network;
  }

  /** Rejects with `Unanswered`, or with what the cluster refused. */
  ask<T>(
    operation: Operation,
    execute: (cluster: SimulatedCluster) => T | Promise<T>,
    options: Partial<CallOptions> = {},
  ): Promise<T> {
    return this.#network.call(this.process, operation, () => execute(this.cluster), {
      giveUpMs: REQUEST_TIMEOUT_MS,
      ...options,
    });
  }

  /** The same with the port's failures. @throws LogError */
  async request<T>(
    operation: Operation,
    execute: (cluster: SimulatedCluster) => T | Promise<T>,
    options: Partial<CallOptions> = {},
  ): Promise<T> {
    try {
      return await this.ask(operation, execute, options);
    } catch (error) {
      if (error instanceof LogError) throw error;
      if (error instanceof Unanswered) throw unavailable(operation);
      throw error;
    }
  }
}
