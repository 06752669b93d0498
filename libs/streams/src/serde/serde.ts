/** Bytes to values and back. */
import type { Bytes, Headers } from '../record/record.ts';

export interface SerdeContext {
  readonly topic: string;
  readonly part: 'key' | 'value';
  headers(): Headers;
}

/** Synchronous, per record. */
export interface Serde<in out T> {
  serialize(value: T, context: SerdeContext): Bytes;
  /** @throws anything: it becomes a `DeserializationFailure` for the handler. The bytes belong to the caller: copy what you keep. */
  deserialize(bytes: Bytes, context: SerdeContext): T;
  /** Fast path: the value lies in `buffer` from `start` to `end`; saves a view per record. Must equal `deserialize`. */
  deserializeRange?(buffer: Buffer, start: number, end: number, context: SerdeContext): T;
}
