import type { Sink } from '../../sink/sink.ts';
import type { Operator } from '../operator.ts';
export function sinkWriter(_sink: Sink<unknown, unknown>): Operator {
  return { build: (_c, next) => next };
}
