/** How far the application has committed, looked at all the time: what recovery times are taken from. */
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, type PartitionProgress } from '../../support/cluster.ts';
import { APPLICATION_ID, TOPICS } from '../cluster/parts.ts';

const LOOK_EVERY_MS = 200;
/** A look that meets a frozen broker is given up soon and made again. */
const CLIENT = {
  connectionTimeout: 1_000,
  requestTimeout: 2_000,
  retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 500 },
};

export interface Look {
  /** Before Kafka was asked. */
  readonly atMs: number;
  readonly partitions: readonly PartitionProgress[];
}

export class ProgressWatch {
  readonly #brokers: string;
  readonly #onLook: (look: Look) => void;
  #stopped = false;
  #looping: Promise<void>;

  /** `onLook` may throw: that ends the watch, and `stop` rejects with it. */
  constructor(brokers: string, onLook: (look: Look) => void) {
    this.#brokers = brokers;
    this.#onLook = onLook;
    this.#looping = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looping;
  }

  async #loop(): Promise<void> {
    let cluster: Cluster | undefined;
    while (!this.#stopped) {
      const look = await this.#look((cluster ??= await this.#connect()));
      if (look !== undefined) this.#onLook(look);
      else cluster = await this.#renew(cluster);
      await delay(LOOK_EVERY_MS);
    }
    await cluster?.close();
  }

  async #look(cluster: Cluster | undefined): Promise<Look | undefined> {
    const atMs = Date.now();
    try {
      const partitions = await cluster?.progressByPartition(APPLICATION_ID, TOPICS.input);
      return partitions && { atMs, partitions };
    } catch {
      return undefined; // a broker is away: a later look tells
    }
  }

  #connect(): Promise<Cluster | undefined> {
    return Cluster.connect(this.#brokers, CLIENT).catch(() => undefined);
  }

  async #renew(cluster: Cluster | undefined): Promise<Cluster | undefined> {
    await cluster?.close().catch(() => undefined);
    return this.#connect();
  }
}
