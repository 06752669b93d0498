import { StreamsBuilder, TopologyError, type Topology } from '@hiveframe/streams';
import { isResumable } from '@hiveframe/streams-connect';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { FailureHandlerMetadata, type FailureHandling } from './decorators/failure-handler.decorator.ts';
import { StreamTopologyMetadata } from './decorators/stream-topology.decorator.ts';
import { TopicSourceMetadata } from './decorators/topic-source.decorator.ts';
import { decoratedProviders } from './discovery/decorated-providers.ts';
import { withFailureHandlers } from './discovery/failure-handlers.ts';
import type { StreamsModuleOptions } from './interfaces/streams-module-options.interface.ts';
import type { AnyTopicSource } from './interfaces/topic-source-definition.interface.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import {
  ASYNC_BUILD,
  BUILD_FAILED,
  NO_BUILD,
  NO_SOURCE,
  NO_SUCH_APPLICATION,
  NO_TOPOLOGY,
  SAME_NAME,
  SAME_SOURCE,
} from './streams.messages.ts';
import { DEFAULT_APPLICATION } from './streams.tokens.ts';

/** A class decorated with `@StreamTopology()`, found among the providers. */
export interface DiscoveredTopology {
  readonly name: string;
  readonly className: string;
  readonly definition: TopologyDefinition;
}
/** A class decorated with `@TopicSource()`. */
export interface DiscoveredSource {
  readonly className: string;
  readonly definition: AnyTopicSource;
}

/** Finds what belongs to an application among all providers, and builds its topologies into one. */
@Injectable()
export class StreamsExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws TopologyError naming the class at fault and the cure */
  buildTopology(application: string = DEFAULT_APPLICATION): Topology {
    const topologies = this.discover(application);
    if (topologies.length === 0) throw new TopologyError(NO_TOPOLOGY(application));
    const builder = new StreamsBuilder();
    for (const topology of topologies) declare(topology, builder);
    return builder.build();
  }

  /** Sorted by name: ids of sub-topologies and tasks must not depend on the order in which Nest makes its providers.
   *  @throws TopologyError */
  discover(application: string = DEFAULT_APPLICATION): readonly DiscoveredTopology[] {
    const topologies = this.#topologies()
      .filter((found) => found.application === application)
      .map(({ className, options, instance }) => {
        const definition = instance as TopologyDefinition;
        if (typeof definition.build !== 'function') throw new TopologyError(NO_BUILD(className));
        return { name: options.name ?? className, className, definition };
      });
    refuseSameNames(topologies);
    return topologies.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws TopologyError */
  sources(application: string): readonly DiscoveredSource[] {
    const sources = this.#sources()
      .filter((found) => found.application === application)
      .map(({ className, instance }) => {
        const definition = instance as AnyTopicSource;
        if (typeof definition.start !== 'function' || definition.target?.topic === undefined)
          throw new TopologyError(NO_SOURCE(className));
        return { className, definition };
      });
    refuseSamePositions(sources);
    return sources;
  }

  /** The options with what providers answer. @throws ConfigError where two answer the same */
  configure(application: string, options: StreamsModuleOptions): StreamsModuleOptions {
    const handlers = this.#failureHandlers()
      .filter((found) => found.application === application)
      .map(({ className, instance }) => ({ className, handler: instance as FailureHandling }));
    return withFailureHandlers(application, options, handlers);
  }

  /** @throws TopologyError for a class of an application that is not there: it would never run */
  refuseStrangers(applications: ReadonlyMap<string, unknown>): void {
    for (const [what, found] of [
      ['topology', this.#topologies()],
      ['source', this.#sources()],
      ['failure handler', this.#failureHandlers()],
    ] as const) {
      for (const { className, application } of found) {
        if (applications.has(application)) continue;
        throw new TopologyError(NO_SUCH_APPLICATION(what, className, application, [...applications.keys()]));
      }
    }
  }

  #topologies() {
    return decoratedProviders(this.discovery, StreamTopologyMetadata, 'topology');
  }
  #sources() {
    return decoratedProviders(this.discovery, TopicSourceMetadata, 'source');
  }
  #failureHandlers() {
    return decoratedProviders(this.discovery, FailureHandlerMetadata, 'failure handler');
  }
}

/** Positions, transactions and group of a resumable source go by its name. */
function refuseSamePositions(sources: readonly DiscoveredSource[]): void {
  const owners = new Map<string, string>();
  for (const { className, definition } of sources) {
    if (!isResumable(definition)) continue;
    const { name } = definition;
    const owner = owners.get(name);
    if (owner !== undefined) throw new TopologyError(SAME_SOURCE(name, owner, className));
    owners.set(name, className);
  }
}

function declare({ name, className, definition }: DiscoveredTopology, builder: StreamsBuilder): void {
  let result: unknown;
  try {
    result = definition.build(builder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TopologyError(BUILD_FAILED(name, className, why), { cause: error });
  }
  if (result instanceof Promise) {
    result.catch(() => undefined); // what it rejects with is not the fault to report
    throw new TopologyError(ASYNC_BUILD(className));
  }
}

function refuseSameNames(topologies: readonly DiscoveredTopology[]): void {
  const owners = new Map<string, string>();
  for (const { name, className } of topologies) {
    const owner = owners.get(name);
    if (owner !== undefined) throw new TopologyError(SAME_NAME(name, owner, className));
    owners.set(name, className);
  }
}
