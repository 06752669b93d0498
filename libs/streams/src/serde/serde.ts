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
  /** Brings what `serialize` needs for this topic, such as the id of a schema. Called at the start of an application for each topic and
   *  changelog that it writes with this serde, before anything is written; may be called again. @defaultValue nothing is needed
   *  @throws SerdeNotReadyError when it is to be tried again later, anything else when the application cannot run */
  prepare?(topic: string, part: 'key' | 'value'): Promise<void>;
  serialize(value: T, context: SerdeContext): Bytes;
  /** @throws SerdeNotReadyError when something must be fetched first: the record waits for it. Anything else becomes a
   *  `DeserializationFailure` for the handler. The bytes belong to the caller: copy what you keep. */
  deserialize(bytes: Bytes, context: SerdeContext): T;
  /** Fast path: the value lies in `buffer` from `start` to `end`; saves a view per record. Must equal `deserialize`. */
  deserializeRange?(buffer: Buffer, start: number, end: number, context: SerdeContext): T;
}

type Part = Pick<Serde<never>, 'format' | 'prepare'>;

/** The format of a serde that is made of others, not known where one of theirs is not; and what they prepare. */
export function madeOf(form: string, ...parts: readonly Part[]): Part {
  const formats = parts.map(({ format }) => format);
  return {
    ...(formats.includes(undefined) ? {} : { format: `${form}<${formats.join(', ')}>` }),
    ...preparedWith(...parts),
  };
}

/** What a serde that is made of others prepares. */
export function preparedWith(...parts: readonly Part[]): Pick<Part, 'prepare'> {
  const preparing = parts.filter(({ prepare }) => prepare !== undefined);
  if (preparing.length === 0) return {};
  return {
    async prepare(topic, part) {
      for (const serde of preparing) await serde.prepare!(topic, part);
    },
  };
}
