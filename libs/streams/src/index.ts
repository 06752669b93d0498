export * from './record/record.ts';
export * from './record-batch/index.ts';
export * from './errors/streams.error.ts';
export * from './errors/query.error.ts';
export type { Serde, SerdeContext } from './serde/serde.ts';
export * from './serde/not-ready.ts';
export * from './ports/runtime.ts';
export * from './ports/log.ts';
export * from './ports/store.ts';
export * from './topology/graph.ts';
export * from './processor/operator.ts';
export * from './state/segment-writes.ts';
export * from './state/in-memory/index.ts';
export * from './runtime/failure.ts';
export { HeldRecordError } from './processor/operators/held-record.error.ts';
export { DEAD_LETTER_HEADERS } from './sink/dead-letter.ts';
export * from './dead-letters/index.ts';
export { StreamsApp } from './runtime/streams-app.ts';
export { StoreQueries, StoreQuery } from './query/store-queries.ts';
export type { QueryableKind, QueryableStore, StoreQueryOptions } from './query/store-queries.ts';
export { sharedStoreQueries, type SharedStoreQueriesOptions } from './query/shared-store-queries.ts';
export type { NamedStore } from './query/store-layout.ts';
export type { PageRequest, StorePage, StoreRow } from './query/store-page.ts';
export type { StorePosition } from './query/store-partitions.ts';
export type { StreamsListener } from './runtime/listeners.ts';
export * from './threads/index.ts';
export type { StateChange, StreamsState } from './runtime/app-state.ts';
export type { ProcessingGuarantee, StreamsConfig } from './runtime/streams-config.ts';
export type { RestoreProgress } from './state/restore/restore-progress.ts';
export { resetApplication, type ResetOptions, type ResetPlan } from './runtime/reset-application.ts';
export type { RestoreCallbacks } from './runtime/restore-monitor.ts';
export * from './time/duration.ts';
export * from './time/window.ts';
export type { TimeColumn, TimestampExtractor, TimestampOptions, WatermarkOptions } from './time/timestamp.ts';
export * from './serde/primitives.serde.ts';
export * from './serde/json.serde.ts';
export {
  schema,
  type InferJson,
  type JsonSchema,
  type ObjectOf,
  type OptionalField,
  type ScalarOptions,
  type SchemaFields,
} from './serde/declared-json/schema.ts';
export type { JsonScalar } from './serde/declared-json/schema-node.ts';
export { windowed } from './serde/windowed.serde.ts';
export * from './serde/tagged-json.serde.ts';
export * from './column/expression.ts';
export * from './column/column.ts';
export { avg, sum, min, max, count } from './column/aggregate.ts';
export { variance, stddev, type VarianceOptions } from './column/kept/variance.ts';
export { percentile, type PercentileOptions } from './column/kept/percentile.ts';
export {
  countDistinct,
  approxCountDistinct,
  type CountDistinctOptions,
} from './column/kept/count-distinct.ts';
export { first, last, type OrderOptions } from './column/kept/first-last.ts';
export { collectList, collectSet, type CollectOptions } from './column/kept/collect.ts';
export {
  defineAggregate,
  type AggregateFunction,
  type SubtractableFunction,
} from './column/kept/define-aggregate.ts';
export type {
  Aggregate,
  AggregatedColumns,
  AliasedAggregate,
  DistinctAliases,
  Resolve,
  SubtractableAggregate,
  SubtractableColumn,
} from './column/aggregate.ts';
export { topic, topicPattern, type Topic, type TopicOptions, type TopicPattern } from './topology/topic.ts';
export * from './topology/kstream.ts';
export * from './topology/grouped-stream.ts';
export * from './topology/ktable.ts';
export * from './topology/grouped-table.ts';
export * from './topology/join.ts';
export * from './topology/suppressed.ts';
export * from './topology/global-table.ts';
export * from './topology/store-ref.ts';
export * from './topology/processor.ts';
export * from './topology/process-async.ts';
export {
  type DefinedStoreKind,
  type DefinedStoreOptions,
  type GlobalStore,
  type StoreDefinition,
  type StoreDefinitions,
  type StoresOf,
} from './topology/stores/store-definition.ts';
export * from './topology/stores/key-value-store.ts';
export * from './topology/stores/window-store.ts';
export * from './topology/stores/session-store.ts';
export * from './topology/stores/list-store.ts';
export * from './topology/stores/versioned-key-value-store.ts';
export { StreamsBuilder, type StreamsBuilderOptions, type TableOptions } from './topology/streams-builder.ts';
export { Topology, type DescriptionStyle } from './topology/topology.ts';
export {
  DESCRIPTION_FORMAT,
  type InternalTopicDescription,
  type NodeDescription,
  type StoreDescription,
  type SubTopologyDescription,
  type TopologyDescription,
} from './topology/description.ts';
export {
  compareTopologies,
  describeChange,
  type RetiredParts,
  type TopologyChange,
} from './topology/topology-change.ts';
export type { AsyncOptions } from './processor/operators/async-options.ts';
export * from './sink/sink.ts';
export { rowOf, type Row } from './sink/table-row.ts';
export { tableFaults, tableTarget, type TableSinkOptions, type TableTarget } from './sink/table-target.ts';
export {
  tableChange,
  tableChanges,
  type TableChange,
  type TableChanges,
  type TableMapping,
} from './sink/table-changes.ts';
export * from './state/store-flush.ts';
export {
  eventStream,
  type EventStream,
  type GroupingColumns,
  type MapOptions,
  type WindowedEvents,
} from './front/event-stream.ts';
export { silentLogger, systemClock } from './runtime/system.ts';
export { partitionFor } from './sink/murmur2.ts';
export { windowedPartitioner } from './topology/dsl/windowed-partitioner.ts';
