import { asyncOperator } from './async-operator.ts';
import type { AsyncOptions } from './async-options.ts';
import type { Operator } from '../operator.ts';

export type AsyncMapper = (value: unknown, key: unknown, signal: AbortSignal) => unknown;

/** @throws TopologyError for options that cannot work */
export function mapValuesAsync(mapper: AsyncMapper, options: AsyncOptions): Operator {
  return asyncOperator(options, (_context, next) => ({
    call: (key, value) => (signal) => mapper(value, key, signal),
    passOn: (answer, key, timestampMs) => next(key, answer, timestampMs),
  }));
}
