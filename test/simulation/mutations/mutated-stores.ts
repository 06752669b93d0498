import type { StorePartition, StorePartitionId, StorePort, StoreReader, StoreSpec } from '@hiveframe/streams';

/** Stores that find no fault with a flush of nothing: so the engine asks in vain whether what it has read still holds. */
export class UncheckedStores implements StorePort {
  readonly name = 'unchecked';
  readonly #stores: StorePort;

  constructor(stores: StorePort) {
    this.#stores = stores;
  }
  get durable(): boolean {
    return this.#stores.durable;
  }
  connect(signal?: AbortSignal): Promise<void> {
    return this.#stores.connect(signal);
  }
  async open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition> {
    const partition = await this.#stores.open(id, spec);
    return {
      changelogOffset: partition.changelogOffset,
      getMany: (segment, keys) => partition.getMany(segment, keys),
      position: () => partition.position(),
      segments: () => partition.segments(),
      scan: (segment) => partition.scan(segment),
      flush: async (flush) => (flush.fromOffset === flush.toOffset ? 'applied' : partition.flush(flush)),
      clear: () => partition.clear(),
      close: () => partition.close(),
    };
  }
  reader(id: StorePartitionId, spec: StoreSpec): StoreReader {
    return this.#stores.reader(id, spec);
  }
  close(timeoutMs: number): Promise<void> {
    return this.#stores.close(timeoutMs);
  }
}
