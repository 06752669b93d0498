export { redis } from './redis-store-port.ts';
export type { RedisClientOptions, RedisClusterOptions, RedisStoreOptions } from './options.ts';
export type { ServerAddress } from './address.ts';
