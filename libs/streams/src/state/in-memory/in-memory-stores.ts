import type {
  StorePartition,
  StorePartitionId,
  StorePort,
  StoreReader,
  StoreSpec,
} from '../../ports/store.ts';
import { InMemoryStorePartition } from './in-memory-store-partition.ts';
import { InMemoryStoreReader } from './in-memory-store-reader.ts';
import { PartitionData } from './partition-data.ts';

/** Stores in this process, rebuilt from the changelog by the next one. The data lives as long as the port: applications that
 *  share it fence each other as they would on a server. */
export function inMemoryStores(): InMemoryStorePort {
  return new InMemoryStorePort();
}

export class InMemoryStorePort implements StorePort {
  readonly name = 'memory';
  readonly durable = false;
  #partitions = new Map<string, PartitionData>();

  async connect(): Promise<void> {}

  async open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition> {
    return new InMemoryStorePartition(spec, this.#dataOf(id));
  }

  reader(id: StorePartitionId): StoreReader {
    return new InMemoryStoreReader(this.#dataOf(id));
  }

  async remove({ applicationId, store, partition }: StorePartitionId): Promise<void> {
    this.#partitions.delete(JSON.stringify([applicationId, store, partition]));
  }

  async close(): Promise<void> {}

  /** Remembers everything as it is now; calling the result brings it back, epochs included, for owners that stay open too: a
   *  server that lost its last writes. For tests of recovery. */
  rollBackPoint(): () => void {
    const remembered = [...this.#partitions].map(([id, data]) => [id, data.copy()] as const);
    return () => {
      this.#partitions = new Map(remembered.map(([id, data]) => [id, data.copy()]));
    };
  }

  #dataOf({ applicationId, store, partition }: StorePartitionId): () => PartitionData {
    const id = JSON.stringify([applicationId, store, partition]);
    return () => {
      let data = this.#partitions.get(id);
      if (data === undefined) this.#partitions.set(id, (data = new PartitionData()));
      return data;
    };
  }
}
