/** Makes the ioredis client: nothing is queued or sent again behind our back. A command that finds no connection, or loses it, fails
 *  at once; `RedisConnection` decides whether to try again, so at most one copy of a flush is ever in memory. */
import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import type { ResolvedRedisStoreOptions } from './options.ts';
import { SCRIPTS } from './scripts.ts';

export type RedisClient = Redis | Cluster;

const MAX_RETRY_DELAY_MS = 2_000;

/** Asked before each new try to connect, with its number from 1. Returns the delay in ms. */
export type RetryStrategy = (attempt: number) => number;

export function createClient(options: ResolvedRedisStoreOptions, retryStrategy: RetryStrategy): RedisClient {
  const { clusterNodes } = options;
  if (clusterNodes === null) {
    const sentinelRetryStrategy = options.client.sentinels ? { sentinelRetryStrategy: retryStrategy } : {};
    return new Redis({
      ...nodeOptions(options),
      ...sentinelRetryStrategy,
      scripts: SCRIPTS,
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy,
    });
  }
  return new Cluster([...clusterNodes], {
    ...options.clusterOptions,
    scripts: SCRIPTS,
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryStrategy,
    redisOptions: nodeOptions(options),
  });
}

function nodeOptions({ client, commandTimeoutMs }: ResolvedRedisStoreOptions) {
  return {
    ...client,
    keyPrefix: '',
    // With any other number commands in flight would wait, unsettled, for the next connection.
    maxRetriesPerRequest: 0,
    // Of a socket that is to be closed; until then it holds the process.
    disconnectTimeout: 100,
    // A server that answers nothing (paused, unplugged) ends as a lost connection.
    socketTimeout: commandTimeoutMs,
    // After a failover the old master lives on as a replica: find the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}

/** 50, 100, 200, ... up to 2,000 ms, each less up to a half by chance, so that many clients do not come back at once. */
export function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(50 * 2 ** (attempt - 1), MAX_RETRY_DELAY_MS);
  return Math.round(delayMs * (1 - Math.random() / 2));
}
