/** Carries null where the log must have bytes: a deletion that passes through a topic of the application is a value there.
 *  value = 0 (null) or 1 | bytes of the inner serde */
import { asBuffer } from './bytes.ts';
import type { Serde, SerdeContext } from './serde.ts';

/** Stands for null until it is written: a sink node writes null itself as no value at all. */
export const NULL_VALUE = Symbol('null value');

const NULL_BYTES = Buffer.from([0]);
const PRESENT = 1;

export function nullable<T>(serde: Serde<T>): Serde<T | null> {
  const range = serde.deserializeRange?.bind(serde);
  const inner = (buffer: Buffer, start: number, end: number, context: SerdeContext): T =>
    range !== undefined
      ? range(buffer, start, end, context)
      : serde.deserialize(buffer.subarray(start, end), context);
  const read = (buffer: Buffer, start: number, end: number, context: SerdeContext): T | null => {
    if (buffer[start] === 0 && end - start === 1) return null;
    if (end > start && buffer[start] === PRESENT) return inner(buffer, start + 1, end, context);
    throw new RangeError('these bytes begin with neither of the flags of a nullable value');
  };
  const prepare = serde.prepare?.bind(serde);
  return {
    ...(prepare !== undefined && {
      prepare: (batch: readonly Uint8Array[], context: SerdeContext) =>
        prepare(
          batch.flatMap((one) => (one[0] === PRESENT ? [one.subarray(1)] : [])),
          context,
        ),
    }),
    serialize(value, context) {
      if (value === null || (value as unknown) === NULL_VALUE) return NULL_BYTES;
      const bytes = serde.serialize(value, context);
      const flagged = Buffer.allocUnsafe(bytes.length + 1);
      flagged[0] = PRESENT;
      flagged.set(bytes, 1);
      return flagged;
    },
    deserialize: (bytes, context) => read(asBuffer(bytes), 0, bytes.length, context),
    deserializeRange: read,
  };
}
