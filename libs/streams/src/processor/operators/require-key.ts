import type { Operator } from '../operator.ts';

/** Stands in front of an aggregation: a record without a key belongs to no group (D20). */
export function requireKey(): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      if (key === null || key === undefined) context.dropped('nullKey');
      else next(key, value, timestampMs);
    },
  };
}
