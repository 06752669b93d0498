import { StreamsApp, ThreadedStreamsApp, TopologyError } from '@hiveframe/streams';
import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { StreamTopologyMetadata } from './decorators/stream-topology.decorator.ts';
import { StreamsHealth } from './health/streams.health.ts';
import type { StreamsAppFactory } from './interfaces/runnable-app.interface.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import { ProcessExit } from './lifecycle/process-exit.ts';
import { StreamsLifecycle } from './lifecycle/streams.lifecycle.ts';
import { StreamsExplorer } from './streams.explorer.ts';
import { NO_BUILD, NOT_DECORATED } from './streams.messages.ts';
import { ConfigurableModuleClass } from './streams.module-definition.ts';
import { getStreamsAppFactoryToken } from './streams.tokens.ts';

const createApp: StreamsAppFactory = (topology, options) => {
  const { threads, logger, telemetry } = options;
  if (threads === undefined) return new StreamsApp(topology!, options);
  return new ThreadedStreamsApp({ ...threads, ...(logger && { logger }), ...(telemetry && { telemetry }) });
};

/** Holds the topologies of one `forFeature`. */
@Module({})
export class StreamsFeatureModule {}

/** Runs the streams application of a Nest application: `forRoot` or `forRootAsync` once, topologies as providers. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    StreamsExplorer,
    StreamsLifecycle,
    StreamsHealth,
    ProcessExit,
    { provide: getStreamsAppFactoryToken(), useValue: createApp },
  ],
  exports: [StreamsLifecycle, StreamsHealth],
})
export class StreamsModule extends ConfigurableModuleClass {
  /** Registers topology classes; `imports` brings what their constructors inject. Listing a decorated class in the
   *  `providers` of any module does the same. @throws TopologyError */
  static forFeature(
    topologies: readonly Type<TopologyDefinition>[],
    { imports = [] }: Pick<ModuleMetadata, 'imports'> = {},
  ): DynamicModule {
    for (const topology of topologies) refuseUnfit(topology);
    return { module: StreamsFeatureModule, imports, providers: [...topologies] };
  }
}

function refuseUnfit(topology: Type<TopologyDefinition>): void {
  if (!Reflect.hasOwnMetadata(StreamTopologyMetadata.KEY, topology)) {
    throw new TopologyError(NOT_DECORATED(topology.name));
  }
  if (typeof topology.prototype?.build !== 'function') throw new TopologyError(NO_BUILD(topology.name));
}
