export { StreamsModule, type StreamsFeature } from './streams.module.ts';
export { FailureHandler, type FailureHandling } from './decorators/failure-handler.decorator.ts';
export { getStreamsToken, InjectStreams } from './decorators/inject-streams.decorator.ts';
export { getStoreToken, InjectStore, type StoreParameter } from './decorators/inject-store.decorator.ts';
export { StreamTopology, type StreamTopologyOptions } from './decorators/stream-topology.decorator.ts';
export { TopicSource } from './decorators/topic-source.decorator.ts';
export type { ApplicationOptions } from './discovery/decorated-providers.ts';
export type {
  AnyTopicSource,
  ResumableSourceDefinition,
  ResumableSourceTarget,
  SourceTarget,
  TopicSourceDefinition,
} from './interfaces/topic-source-definition.interface.ts';
export type { ObservedApplication, StreamsStatus } from './interfaces/streams-status.interface.ts';
export type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
export type {
  StreamsModuleExtras,
  StreamsModuleOptions,
  StreamsThreadsOptions,
} from './interfaces/streams-module-options.interface.ts';
export type { RunnableApp, StreamsAppFactory } from './interfaces/runnable-app.interface.ts';
export { StreamsLifecycle } from './lifecycle/streams.lifecycle.ts';
export { ProcessExit } from './lifecycle/process-exit.ts';
export { StreamsHealth, type HealthReport } from './health/streams.health.ts';
export { StreamsHealthController } from './health/streams-health.controller.ts';
export { HTTP_LIMITS, limitHttpServer, type HttpLimits } from './http/http-limits.ts';
export type { ProblemDetails } from './http/problem-details.ts';
export type { MetricsPage } from './metrics/metrics.controller.ts';
export { StreamsMetricsModule, type StreamsMetricsOptions } from './metrics/streams-metrics.module.ts';
export { nestStreams, type ThreadModule } from './threads/nest-streams.ts';
export { NestLogger } from './logging/nest-logger.ts';
export { getStreamsAppFactoryToken, getStreamsOptionsToken, getStreamThreadToken } from './streams.tokens.ts';
export { StreamsIngestModule } from './ingest/streams-ingest.module.ts';
export type { EventSchema, IngestLimits, IngestOptions } from './ingest/ingest-options.ts';
export type { EventError, IngestAnswer } from './ingest/ingest.service.ts';
export type { EventIssue } from './ingest/event-validator.ts';
export { NotWrittenError, OutcomeUnknownError } from './ingest/ingest.errors.ts';
export { INGEST_HEADERS } from './ingest/ingest-headers.ts';
export { withoutRepeats, type WithoutRepeatsOptions } from './ingest/without-repeats.ts';
export { StreamsDeadLettersModule } from './dead-letters/streams-dead-letters.module.ts';
export type { AuthorizeReplay, DeadLettersModuleOptions } from './dead-letters/dead-letters-options.ts';
export type { ReplayRequest } from './dead-letters/replay-request.ts';
export { StreamsQueriesModule } from './queries/streams-queries.module.ts';
export type { QueriesOptions } from './queries/queries-options.ts';
export { QUERY_HEADERS } from './queries/query-headers.ts';
