/** How a serde's values get into a `ByteWriter`: by `serialize` and a copy; straight away for serdes that registered how.
 *  It is kept beside the serdes, not in them: one that a user makes of another (`{ ...json(), serialize }`) is written as he says. */
import type { ByteWriter } from './byte-writer.ts';
import type { Serde, SerdeContext } from './serde.ts';

/** Adds the bytes that `serialize` would give. */
export type ValueWriter<T> = (value: T, out: ByteWriter, context: SerdeContext) => void;

const registered = new WeakMap<object, ValueWriter<never>>();

/** @returns the serde */
export function writesStraight<T>(serde: Serde<T>, write: ValueWriter<T>): Serde<T> {
  registered.set(serde, write as ValueWriter<never>);
  return serde;
}

export function valueWriter<T>(serde: Serde<T>): ValueWriter<T> {
  const straight = registered.get(serde) as ValueWriter<T> | undefined;
  return straight ?? ((value, out, context) => out.bytes(serde.serialize(value, context)));
}
