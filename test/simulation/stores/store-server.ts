import type { FlushResult, StoreFlush, StorePartitionId } from '@hiveframe/streams';
import type { Without } from '../mutations/mutation.ts';
import { StoredPartition } from './stored-partition.ts';

/** Told of every flush that was applied, before it is: by which opener of the partition, counted from 1. */
export type FlushListener = (id: StorePartitionId, opener: number, flush: StoreFlush) => void;

export interface StoreServerOptions {
  readonly onFlush?: FlushListener;
  readonly without?: Without;
}

/** The server that all processes share, as Redis is. Every method is one atomic step. */
export class StoreServer {
  readonly #options: StoreServerOptions;
  readonly #openers = new Map<string, number>();
  #partitions = new Map<string, StoredPartition>();
  /** Which roll-back points the present state came from, the oldest first. */
  #past: object[] = [];

  constructor(options: StoreServerOptions = {}) {
    this.#options = options;
  }

  open(id: StorePartitionId): { epoch: number; opener: number; changelogOffset: number | null } {
    const partition = this.partition(id);
    const opener = this.newestOpener(id) + 1;
    this.#openers.set(nameOf(id), opener);
    return { epoch: ++partition.epoch, opener, changelogOffset: partition.offset };
  }

  /** How often it was opened: unlike the epoch, no loss makes it go back. */
  newestOpener(id: StorePartitionId): number {
    return this.#openers.get(nameOf(id)) ?? 0;
  }

  flush(id: StorePartitionId, epoch: number, opener: number, flush: StoreFlush): FlushResult {
    const result = this.partition(id).flush(epoch, flush, this.#options.without);
    if (result === 'applied') this.#options.onFlush?.(id, opener, flush);
    return result;
  }

  partition(id: StorePartitionId): StoredPartition {
    const name = nameOf(id);
    let partition = this.#partitions.get(name);
    if (partition === undefined) this.#partitions.set(name, (partition = new StoredPartition()));
    return partition;
  }

  /** Everything as it is now; calling the result brings it back, epochs included: a server that lost its last writes. If it has lost
   *  more than those meanwhile, nothing happens: what is lost does not come back. */
  rollBackPoint(): () => void {
    const remembered = [...this.#partitions].map(([name, one]) => [name, one.copy()] as const);
    const point = {};
    this.#past.push(point);
    return () => {
      const at = this.#past.indexOf(point);
      if (at < 0) return;
      this.#past.length = at + 1;
      this.#partitions = new Map(remembered.map(([name, one]) => [name, one.copy()]));
    };
  }
  wipe(): void {
    this.#past = [];
    this.#partitions = new Map();
  }
}

function nameOf({ applicationId, store, partition }: StorePartitionId): string {
  return JSON.stringify([applicationId, store, partition]);
}
