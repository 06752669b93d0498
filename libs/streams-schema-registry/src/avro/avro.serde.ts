import type { Serde } from '@hiveframe/streams';
import type { types } from 'avsc';
import { RegistrySerde } from '../registry-serde.ts';
import type { RegistrySerdeOptions } from '../serde-options.ts';
import { avroFormat } from './avro-format.ts';
import type { AvroSchema, InferAvro } from './infer-avro.ts';

/** A class of avsc's `types.LogicalType`: how values of a logical type are made and written. */
export type AvroLogicalType = new (
  schema: ConstructorParameters<typeof types.LogicalType>[0],
  options?: object,
) => types.LogicalType;

export interface AvroOptions extends RegistrySerdeOptions {
  /** What is written with, and what records of other schemas are read as, by Avro's rules (schema resolution: fields that are missing get
   *  their default, fields that are gone are left out). As a value, or as JSON text. @defaultValue none: only reads, each record as it
   *  was written */
  readonly schema?: AvroSchema | string;
  /** By the name in `logicalType`. @defaultValue none: values of the type beneath, so a `timestamp-millis` is a number */
  readonly logicalTypes?: Readonly<Record<string, AvroLogicalType>>;
  /** What a `long` is. number: beyond 2^52 a record is refused, not rounded. @defaultValue 'number' */
  readonly longs?: 'number' | 'bigint';
  /** Whether values of a union are wrapped in an object that names the branch; auto: only where they cannot be told apart.
   *  @defaultValue 'auto' */
  readonly wrapUnions?: 'auto' | 'always' | 'never';
}

/** Avro by avsc, in Confluent's wire format. The type is that of the schema, where it is written in place, or the one given.
 *  @throws ConfigError for a schema that is none */
export function avro<const S extends AvroSchema>(
  options: Omit<AvroOptions, 'schema'> & { readonly schema: S },
): Serde<InferAvro<S>>;
export function avro<T>(options: AvroOptions): Serde<T>;
export function avro(options: AvroOptions): unknown {
  return new RegistrySerde(avroFormat(options), options);
}
