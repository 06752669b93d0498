import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { ApplicationOptions } from '../discovery/decorated-providers.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';

export interface StreamTopologyOptions extends ApplicationOptions {
  /** How logs and errors call it. @defaultValue the name of the class */
  readonly name?: string;
}

/** Under which the explorer finds the decorated classes. */
export const StreamTopologyMetadata = DiscoveryService.createDecorator<StreamTopologyOptions>();

/** Marks a provider as a topology; only a class that has `build` can carry it. All topologies of one application are built into one,
 *  and run as one. */
export function StreamTopology(
  options: StreamTopologyOptions = {},
): <C extends Type<TopologyDefinition>>(target: C) => void {
  return applyDecorators(Injectable(), StreamTopologyMetadata(options));
}
