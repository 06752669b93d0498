export { StreamsModule } from './streams.module.ts';
export { StreamTopology, type StreamTopologyOptions } from './decorators/stream-topology.decorator.ts';
export type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
export type {
  StreamsModuleExtras,
  StreamsModuleOptions,
  StreamsThreadsOptions,
} from './interfaces/streams-module-options.interface.ts';
export type { RunnableApp, StreamsAppFactory } from './interfaces/runnable-app.interface.ts';
export { StreamsLifecycle, type StreamsStatus } from './lifecycle/streams.lifecycle.ts';
export { ProcessExit } from './lifecycle/process-exit.ts';
export { StreamsHealth, type HealthReport } from './health/streams.health.ts';
export { StreamsHealthController } from './health/streams-health.controller.ts';
export { HTTP_LIMITS, limitHttpServer, type HttpLimits } from './http/http-limits.ts';
export { nestStreams, type ThreadModule } from './threads/nest-streams.ts';
export { NestLogger } from './logging/nest-logger.ts';
export { getStreamsAppFactoryToken, getStreamsOptionsToken, getStreamThreadToken } from './streams.tokens.ts';
