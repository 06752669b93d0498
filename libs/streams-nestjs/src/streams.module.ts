import { TopologyError } from '@hiveframe/streams';
import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import { FailureHandlerMetadata, type FailureHandling } from './decorators/failure-handler.decorator.ts';
import { StreamTopologyMetadata } from './decorators/stream-topology.decorator.ts';
import { TopicSourceMetadata } from './decorators/topic-source.decorator.ts';
import type { AnyTopicSource } from './interfaces/topic-source-definition.interface.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import { StreamsCoreModule } from './streams-core.module.ts';
import { NO_BUILD, NOT_DECORATED } from './streams.messages.ts';
import { ConfigurableModuleClass } from './streams.module-definition.ts';

/** A class with `@StreamTopology()`, `@TopicSource()` or `@FailureHandler()`. */
export type StreamsFeature = Type<TopologyDefinition> | Type<AnyTopicSource> | Type<FailureHandling>;

/** Holds what one `forFeature` brings. */
@Module({})
export class StreamsFeatureModule {}

/** Runs a streams application in a Nest application: `forRoot` or `forRootAsync` once for each, the rest as providers. */
@Module({ imports: [StreamsCoreModule], exports: [StreamsCoreModule] })
export class StreamsModule extends ConfigurableModuleClass {
  /** Registers decorated classes. `providers` are what their constructors inject beside them (processors, serdes, sinks), `imports`
   *  brings what others export. Listing a decorated class in the `providers` of any module does the same. @throws TopologyError */
  static forFeature(
    features: readonly StreamsFeature[],
    { imports = [], providers = [] }: Pick<ModuleMetadata, 'imports' | 'providers'> = {},
  ): DynamicModule {
    for (const feature of features) refuseUnfit(feature);
    return { module: StreamsFeatureModule, imports, providers: [...features, ...providers] };
  }
}

function refuseUnfit(feature: StreamsFeature): void {
  const has = (key: string) => Reflect.hasOwnMetadata(key, feature);
  if (has(StreamTopologyMetadata.KEY)) {
    if (typeof feature.prototype?.build !== 'function') throw new TopologyError(NO_BUILD(feature.name));
  } else if (!has(TopicSourceMetadata.KEY) && !has(FailureHandlerMetadata.KEY)) {
    throw new TopologyError(NOT_DECORATED(feature.name));
  }
}
