import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { ApplicationOptions } from '../discovery/decorated-providers.ts';
import type { AnyTopicSource } from '../interfaces/topic-source-definition.interface.ts';

/** Under which the runner of sources finds the decorated classes. */
export const TopicSourceMetadata = DiscoveryService.createDecorator<ApplicationOptions>();

/** Marks a provider as a source: it runs from when its application first runs until Nest shuts down, in the main thread only. */
export function TopicSource(
  options: ApplicationOptions = {},
): <C extends Type<AnyTopicSource>>(target: C) => void {
  return applyDecorators(Injectable(), TopicSourceMetadata(options));
}
