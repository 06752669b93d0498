/** Bytes to values and back. */
import type { Bytes, Headers } from '../record/record.ts';

export interface SerdeContext {
  readonly topic: string;
  readonly part: 'key' | 'value';
  headers(): Headers;
}

/** Synchronous, per record. */
export interface Serde<in out T> {
  /** What the bytes are, in words: `string`, `json`. State and repartition topics of another format are refused at the start, where
   *  both are known. @defaultValue not known */
  readonly format?: string;
  serialize(value: T, context: SerdeContext): Bytes;
  /** @throws anything: it becomes a `DeserializationFailure` for the handler. The bytes belong to the caller: copy what you keep. */
  deserialize(bytes: Bytes, context: SerdeContext): T;
  /** Fast path: the value lies in `buffer` from `start` to `end`; saves a view per record. Must equal `deserialize`. */
  deserializeRange?(buffer: Buffer, start: number, end: number, context: SerdeContext): T;
}

/** The format of a serde that is made of others; not known where one of theirs is not. */
export function formatOf(
  form: string,
  ...parts: readonly { readonly format?: string }[]
): { readonly format?: string } {
  const formats = parts.map(({ format }) => format);
  return formats.includes(undefined) ? {} : { format: `${form}<${formats.join(', ')}>` };
}
