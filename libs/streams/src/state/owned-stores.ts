/** The stores of this process. What lives in its memory only is kept while its task may come back, so that a rebalance costs no
 *  restore, and dropped when the task has gone to another member: else it would stay until the process ends.
 *  O1 Dropping goes by the epoch: what another application that shares the port has opened since is not touched. */
import type { StorePartition, StorePartitionId, StorePort, StoreReader, StoreSpec } from '../ports/store.ts';

export class OwnedStores implements StorePort {
  readonly name: string;
  readonly durable: boolean;
  readonly #port: StorePort;
  /** The newest opening of each. */
  readonly #opened = new Map<string, readonly [StorePartitionId, StorePartition]>();

  constructor(port: StorePort) {
    this.#port = port;
    this.name = port.name;
    this.durable = port.durable;
  }

  connect(signal?: AbortSignal): Promise<void> {
    return this.#port.connect(signal);
  }
  async open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition> {
    const partition = await this.#port.open(id, spec);
    if (!this.durable) this.#opened.set(`${id.store}/${id.partition}`, [id, partition]);
    return partition;
  }
  reader(id: StorePartitionId, spec: StoreSpec): StoreReader {
    return this.#port.reader(id, spec);
  }
  close(timeoutMs: number): Promise<void> {
    return this.#port.close(timeoutMs);
  }

  /** Drops what is kept of all partitions that are not ours any more. */
  async keepOnly(isOurs: (id: StorePartitionId) => boolean): Promise<void> {
    const gone = [...this.#opened].filter(([, [id]]) => !isOurs(id));
    for (const [name] of gone) this.#opened.delete(name);
    await Promise.allSettled(gone.map(([, [, partition]]) => partition.clear()));
  }
}
