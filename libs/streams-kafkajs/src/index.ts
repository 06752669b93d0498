export { kafkajs } from './kafka-log.ts';
export type { FetchOptions, KafkaJsOptions } from './options.ts';
export type { SaslOptions } from './kafkajs.ts';
export type { Compression } from './compression/codec.ts';
