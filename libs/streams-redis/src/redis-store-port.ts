import type {
  Logger,
  StorePartition,
  StorePartitionId,
  StorePort,
  StoreReader,
  StoreSpec,
} from '@hiveframe/streams';
import { RedisConnection } from './connection.ts';
import { refuseEviction } from './eviction-policy.ts';
import {
  resolveRedisStoreOptions,
  type ResolvedRedisStoreOptions,
  type RedisStoreOptions,
} from './options.ts';
import { RedisStorePartition } from './redis-store-partition.ts';
import { RedisStoreReader } from './redis-store-reader.ts';
import { StoreKeys } from './store-keys.ts';

/** Stores on Redis 6.2 or later, or Valkey: one server, Sentinel or Cluster. Nothing is sent before `connect()`.
 *  @throws ConfigError that names all faults of the options together */
export function redis(options: RedisStoreOptions): StorePort {
  return new RedisStorePort(resolveRedisStoreOptions(options));
}

class RedisStorePort implements StorePort {
  readonly name = 'redis';
  readonly durable = true;
  readonly #keyPrefix: string;
  readonly #logger: Logger;
  readonly #connection: RedisConnection;

  constructor(options: ResolvedRedisStoreOptions) {
    this.#keyPrefix = options.keyPrefix;
    this.#logger = options.logger;
    this.#connection = new RedisConnection(options);
  }

  async connect(signal?: AbortSignal): Promise<void> {
    await this.#connection.establish(signal);
    await refuseEviction(this.#connection);
  }

  async open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition> {
    const keys = new StoreKeys(this.#keyPrefix, id);
    return RedisStorePartition.open(this.#connection, keys, spec, (damage) =>
      this.#logger.log('warn', damage),
    );
  }

  reader(id: StorePartitionId, spec: StoreSpec): StoreReader {
    return new RedisStoreReader(this.#connection, new StoreKeys(this.#keyPrefix, id), spec.kind);
  }

  async remove(id: StorePartitionId): Promise<void> {
    const { partition, meta, windows, counts, entries, windowPrefix } = new StoreKeys(this.#keyPrefix, id);
    await this.#connection.run(`remove store partition ${partition}`, (client) =>
      client.hfsRemove(meta, windows, counts, entries, windowPrefix),
    );
  }

  async close(timeoutMs: number): Promise<void> {
    await this.#connection.close(timeoutMs);
  }
}
