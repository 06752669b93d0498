export type { StreamSource } from './source/stream-source.ts';
export { runSource, type RunningSource } from './source/run-source.ts';
export type { SourceOptions } from './source/source-options.ts';
export { SourceError } from './source/source.error.ts';
export type { TargetTopic } from './source/topic-writer.ts';
export { StreamProcessor, type Watermark } from './front/stream-processor.ts';
export type { StreamProcessorConfig } from './front/processor-config.ts';
export { ConsoleSink, consoleSink, type ConsoleSinkOptions } from './console/console-sink.ts';
export { KafkaSink, kafkaSink, type KafkaSinkOptions } from './kafka/kafka-sink.ts';
