import type { Operator } from '../operator.ts';
import type { AsyncOptions } from './async-options.ts';
export type AsyncMapper = (value: unknown, key: unknown, signal: AbortSignal) => Promise<unknown>;
export function mapValuesAsync(_mapper: AsyncMapper, _options: AsyncOptions): Operator {
  return { build: (_c, next) => next };
}
