import { stringifyTagged } from '../../serde/tagged-json.ts';

/** What is equal has the same key: a primitive is its own, anything else goes by its content. */
export function distinctKey(value: unknown): unknown {
  return typeof value === 'object' ? `\u0000${stringifyTagged(value)}` : value;
}
