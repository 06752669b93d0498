import { NULL_VALUE } from '../../serde/nullable.serde.ts';
import type { Operator } from '../operator.ts';

/** In front of a topic of the application: a null value becomes the marker that its serde writes as null. */
export function carryNull(): Operator {
  return {
    build: (_context, next) => (key, value, timestampMs) =>
      next(key, value === null || value === undefined ? NULL_VALUE : value, timestampMs),
  };
}
