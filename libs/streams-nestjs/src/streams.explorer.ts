import { StreamsBuilder, TopologyError, type Topology } from '@hiveframe/streams';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { StreamTopologyMetadata } from './decorators/stream-topology.decorator.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import {
  ASYNC_BUILD,
  BUILD_FAILED,
  NO_BUILD,
  NO_TOPOLOGY,
  NOT_STATIC,
  PROVIDED_TWICE,
  SAME_NAME,
  TWO_ROOTS,
} from './streams.messages.ts';

type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A class decorated with `@StreamTopology()`, found among the providers. */
export interface DiscoveredTopology {
  readonly name: string;
  readonly className: string;
  readonly definition: TopologyDefinition;
}

/** Finds the topologies among all providers and builds them into one. */
@Injectable()
export class StreamsExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws TopologyError naming the class at fault and the cure */
  buildTopology(): Topology {
    this.refuseTwoRoots();
    const topologies = this.discover();
    if (topologies.length === 0) throw new TopologyError(NO_TOPOLOGY);
    const builder = new StreamsBuilder();
    for (const topology of topologies) declare(topology, builder);
    return builder.build();
  }

  /** Sorted by name: ids of sub-topologies and tasks must not depend on the order in which Nest makes its providers.
   *  @throws TopologyError */
  discover(): readonly DiscoveredTopology[] {
    const wrappers = this.discovery.getProviders({ metadataKey: StreamTopologyMetadata.KEY });
    refuseDoubles(wrappers);
    const topologies = wrappers.map((wrapper) => this.read(wrapper));
    refuseSameNames(topologies);
    return topologies.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private refuseTwoRoots(): void {
    const roots = this.discovery
      .getProviders()
      .filter((wrapper) => wrapper.metatype === StreamsExplorer).length;
    if (roots > 1) throw new TopologyError(TWO_ROOTS(roots));
  }

  private read(wrapper: ProviderWrapper): DiscoveredTopology {
    const className = classOf(wrapper);
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient)
      throw new TopologyError(NOT_STATIC(className));
    const definition = wrapper.instance as TopologyDefinition;
    if (typeof definition.build !== 'function') throw new TopologyError(NO_BUILD(className));
    const options = this.discovery.getMetadataByDecorator(StreamTopologyMetadata, wrapper);
    return { name: options?.name ?? className, className, definition };
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

function refuseDoubles(wrappers: readonly ProviderWrapper[]): void {
  for (const [className, doubles] of Map.groupBy(wrappers, classOf)) {
    const classes = new Set(doubles.map((wrapper) => wrapper.metatype));
    if (doubles.length > classes.size) {
      const modules = doubles.map((wrapper) => wrapper.host?.name ?? 'an unknown module');
      throw new TopologyError(PROVIDED_TWICE(className, modules));
    }
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

function classOf(wrapper: ProviderWrapper): string {
  const constructor = wrapper.metatype ?? (wrapper.instance as object | null)?.constructor;
  return constructor?.name || String(wrapper.name);
}
