export type { StreamSource } from './source/stream-source.ts';
export { runSource, type RunningSource } from './source/run-source.ts';
export type { SourceOptions } from './source/source-options.ts';
export type { SourceFailing, SourceState, SourceStatus } from './source/source-status.ts';
export { SourceError } from './source/source.error.ts';
export {
  isResumable,
  type EventSource,
  type RejectedEvent,
  type RejectedResponse,
  type ResumableSource,
  type SourceBatch,
  type SourceStart,
} from './resumable/resumable-source.ts';
export { runResumableSource } from './resumable/run-resumable-source.ts';
export { checkSource, type ResumableSourceOptions } from './resumable/resumable-options.ts';
export { csvSource, type CsvSourceOptions } from './files/csv-source.ts';
export { ndjsonSource, type NdjsonSourceOptions } from './files/ndjson-source.ts';
export type { FilePosition, FileSourceOptions } from './files/file-source.ts';
export type { ReplayOptions } from './files/replay-pace.ts';
export { TopicBatches } from './source/topic-batches.ts';
export { TopicEncoder, type EncodedRecord, type TargetTopic } from './source/topic-encoder.ts';
export { NotRunningError } from './front/event-intake.ts';
export { StreamProcessor, type Watermark } from './front/stream-processor.ts';
export type { StreamProcessorConfig } from './front/processor-config.ts';
export { ConsoleSink, consoleSink, type ConsoleSinkOptions } from './console/console-sink.ts';
export { KafkaSink, kafkaSink, type KafkaSinkOptions } from './kafka/kafka-sink.ts';
export { SqliteSink, sqliteSink } from './sqlite/sqlite-sink.ts';
export type { SqliteSinkOptions } from './sqlite/sqlite-options.ts';
export { WebhookSink, webhookSink } from './webhook/webhook-sink.ts';
export type { WebhookSinkOptions, WebhookVerdict } from './webhook/webhook-options.ts';
