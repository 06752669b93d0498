/** What differs between Avro, JSON Schema and Protobuf. */
import type { ResolvedSchema } from './registry/resolved-schema.ts';
import type { Schema, SchemaType } from './registry/schema-registry.ts';

/** Reads what lies behind the header, from `start` to `end`. @throws Error that says what does not fit, without the data */
export type Reader<T> = (buffer: Buffer, start: number, end: number) => T;

export interface SchemaFormat<T> {
  readonly type: SchemaType;
  /** The serde's `format`. */
  readonly name: string;
  /** null: it was given none; it only reads, each record with the schema it was written with. */
  readonly schema: Schema | null;
  /** With the schema of its own, once. @throws Error when the schema cannot be read */
  compile(own: ResolvedSchema | null): CompiledFormat<T>;
}

export interface CompiledFormat<T> {
  /** For the subject; null: it has none. */
  readonly recordName: string | null;
  /** For records that were written with this schema. @throws Error when they cannot be read so */
  reader(writer: ResolvedSchema): Reader<T>;
  /** Header and value. @throws Error that says what does not fit, without the data */
  write(value: T, schemaId: number): Buffer;
}
