export { kafkajs } from './kafka-log.ts';
export type { FetchOptions, KafkaJsOptions } from './options.ts';
export type { SaslOptions, SaslSource } from './sasl.ts';
export type { Compression } from './compression/codec.ts';
