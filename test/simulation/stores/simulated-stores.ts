import {
  checkStoreFlush,
  StoreError,
  type Bytes,
  type FlushResult,
  type SegmentId,
  type StoreEntry,
  type StoreFlush,
  type StorePartition,
  type StorePartitionId,
  type StorePort,
  type StoreReader,
  type StoreSpec,
} from '@hiveframe/streams';
import { Unanswered, type Network, type Operation } from '../kernel/network.ts';
import type { SimulatedProcess } from '../kernel/simulated-process.ts';
import type { StoreServer } from './store-server.ts';

const REQUEST_TIMEOUT_MS = 300;
const ENTRIES_PER_PIECE = 1_000;

export interface StoresOptions {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly server: StoreServer;
}

/** The store port of one process. */
export class SimulatedStores implements StorePort {
  readonly name = 'simulated';
  readonly durable = true;
  readonly #options: StoresOptions;

  constructor(options: StoresOptions) {
    this.#options = options;
  }

  async connect(): Promise<void> {}
  async close(): Promise<void> {}

  async open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition> {
    const client = new StoreClient(this.#options, id);
    const taken = await client.ask('storeOpen', (server) => server.open(id));
    return new SimulatedStorePartition(client, spec, taken);
  }
  reader(id: StorePartitionId): StoreReader {
    return new SimulatedStoreReader(new StoreClient(this.#options, id));
  }
}

class StoreClient {
  readonly id: StorePartitionId;
  readonly #options: StoresOptions;

  constructor(options: StoresOptions, id: StorePartitionId) {
    this.#options = options;
    this.id = id;
  }

  async ask<T>(operation: Operation, execute: (server: StoreServer) => T): Promise<T> {
    const { process, network, server } = this.#options;
    try {
      return await network.call(process, operation, () => execute(server), { giveUpMs: REQUEST_TIMEOUT_MS });
    } catch (error) {
      if (error instanceof Unanswered) throw new StoreError(error.message, { retryable: true });
      throw error;
    }
  }
}

class SimulatedStoreReader implements StoreReader {
  protected readonly client: StoreClient;

  constructor(client: StoreClient) {
    this.client = client;
  }

  getMany(segment: SegmentId, keys: readonly Bytes[]): Promise<ReadonlyArray<Bytes | null>> {
    return this.client.ask('storeRead', (server) => {
      const entries = server.partition(this.client.id).entries(segment);
      return keys.map((key) => copyOf(entries.get(Buffer.from(key).toString('latin1'))));
    });
  }
  segments(): Promise<readonly number[]> {
    return this.client.ask('storeRead', (server) => server.partition(this.client.id).windowStarts);
  }
  async *scan(segment: SegmentId): AsyncGenerator<readonly StoreEntry[]> {
    const all = await this.client.ask('storeRead', (server) => {
      const entries = server.partition(this.client.id).entries(segment);
      return Array.from(entries, ([key, value]) => ({ key: Buffer.from(key, 'latin1'), value }));
    });
    for (let at = 0; at < all.length; at += ENTRIES_PER_PIECE) yield all.slice(at, at + ENTRIES_PER_PIECE);
  }
  position(): Promise<number | null> {
    return this.client.ask('storeRead', (server) => server.partition(this.client.id).offset);
  }
}

function copyOf(value: Buffer | undefined): Buffer | null {
  return value === undefined ? null : Buffer.from(value);
}

class SimulatedStorePartition extends SimulatedStoreReader implements StorePartition {
  readonly changelogOffset: number | null;
  readonly #spec: StoreSpec;
  readonly #epoch: number;
  readonly #opener: number;

  constructor(
    client: StoreClient,
    spec: StoreSpec,
    taken: { readonly epoch: number; readonly opener: number; readonly changelogOffset: number | null },
  ) {
    super(client);
    this.#spec = spec;
    this.#epoch = taken.epoch;
    this.#opener = taken.opener;
    this.changelogOffset = taken.changelogOffset;
  }

  async flush(flush: StoreFlush): Promise<FlushResult> {
    checkStoreFlush(this.#spec, flush);
    return this.client.ask('storeFlush', (server) =>
      server.flush(this.client.id, this.#epoch, this.#opener, flush),
    );
  }
  clear(): Promise<'applied' | 'fenced'> {
    return this.client.ask('storeClear', (server) => server.partition(this.client.id).clear(this.#epoch));
  }
  async close(): Promise<void> {}
}
