import type { FailureHandlers } from '@hiveframe/streams';
import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { ApplicationOptions } from '../discovery/decorated-providers.ts';

/** What a provider may decide about records that cannot go on; each for the whole application. */
export type FailureHandling = Partial<
  Pick<
    FailureHandlers,
    'onDeserializationFailure' | 'onTimestampFailure' | 'onProcessingFailure' | 'onProductionFailure'
  >
>;

/** Under which the explorer finds the decorated classes. */
export const FailureHandlerMetadata = DiscoveryService.createDecorator<ApplicationOptions>();

/** Marks a provider whose methods `onProcessingFailure` … answer for the options of those names, with what its constructor injects.
 *  Each of them may be answered in one place only. */
export function FailureHandler(
  options: ApplicationOptions = {},
): <C extends Type<FailureHandling>>(target: C) => void {
  return applyDecorators(Injectable(), FailureHandlerMetadata(options));
}
