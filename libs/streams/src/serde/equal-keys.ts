import type { Serde, SerdeContext } from './serde.ts';

/** Whether two keys are one: what has equal bytes is. */
export function equalKeys(serde: Serde<unknown>): (a: unknown, b: unknown) => boolean {
  const context: SerdeContext = { topic: '', part: 'key', headers: () => [] };
  return (a, b) => {
    if (a === b) return true;
    if (typeof a !== 'object' || typeof b !== 'object') return false;
    return Buffer.compare(serde.serialize(a, context), serde.serialize(b, context)) === 0;
  };
}
