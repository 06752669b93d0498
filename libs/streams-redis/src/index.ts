export { redis } from './redis-store-port.ts';
export type { RedisClientOptions, RedisClusterOptions, RedisStoreOptions } from './options.ts';
export { RedisSink, redisSink } from './sink/redis-sink.ts';
export type { RedisRowKind, RedisSinkOptions } from './sink/redis-sink-options.ts';
export type { ServerAddress } from './address.ts';
