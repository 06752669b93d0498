export { PostgresSink, postgresSink } from './postgres-sink.ts';
export type { PostgresSinkOptions, PostgresSslOptions } from './options.ts';
