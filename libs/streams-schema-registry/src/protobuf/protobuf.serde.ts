import type { Serde } from '@hiveframe/streams';
import { RegistrySerde } from '../registry-serde.ts';
import type { RegistrySerdeOptions } from '../serde-options.ts';
import { protobufFormat } from './protobuf-format.ts';

/** What generated code has for a message: ts-proto's message objects are such, and protobuf.js' static classes. */
export interface ProtobufCodec<T> {
  encode(value: T): { finish(): Uint8Array };
  /** The bytes belong to the caller, but for messages that have bytes fields: what they become may be a view. */
  decode(bytes: Uint8Array): T;
}

export interface ProtobufOptions<T> extends RegistrySerdeOptions {
  /** The text of a .proto file. What it imports is in `references`, by the name in its import; `google/protobuf/` is there already.
   *  @defaultValue none: only reads, each record as the message it was written as */
  readonly schema?: string;
  /** Full name of the message in `schema`, with its package. @defaultValue its first one */
  readonly message?: string;
  /** Reads and writes the message's bytes. @defaultValue by protobuf.js, as plain objects: names in camelCase, 64-bit integers as decimal
   *  strings and enums by name (Protobuf's JSON mapping), bytes as Buffer, messages that are not set as null */
  readonly codec?: ProtobufCodec<T>;
}

/** Protobuf by protobuf.js, in Confluent's wire format with message indexes. Records of another version of the message are read by
 *  field numbers, as Protobuf does; those of another message are refused. @throws ConfigError for a schema that is none */
export function protobuf<T>(options: ProtobufOptions<T>): Serde<T> {
  return new RegistrySerde<T>(protobufFormat<T>(options), options);
}
