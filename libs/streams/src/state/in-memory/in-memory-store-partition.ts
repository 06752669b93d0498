import type { FlushResult, StoreFlush, StorePartition, StoreSpec } from '../../ports/store.ts';
import { checkStoreFlush } from '../store-flush.ts';
import { InMemoryStoreReader } from './in-memory-store-reader.ts';
import type { PartitionData } from './partition-data.ts';

export class InMemoryStorePartition extends InMemoryStoreReader implements StorePartition {
  readonly changelogOffset: number | null;
  readonly #spec: StoreSpec;
  readonly #data: () => PartitionData;
  readonly #epoch: number;

  constructor(spec: StoreSpec, data: () => PartitionData) {
    super(data);
    this.#spec = spec;
    this.#data = data;
    this.#epoch = data().takeOver();
    this.changelogOffset = data().offset;
  }

  async flush(flush: StoreFlush): Promise<FlushResult> {
    checkStoreFlush(this.#spec, flush);
    return this.#data().flush(this.#epoch, flush);
  }

  async clear(): Promise<'applied' | 'fenced'> {
    return this.#data().clear(this.#epoch);
  }

  /** Nothing to give back: the data stays for the next owner. */
  async close(): Promise<void> {}
}
