import type { Serde } from '@hiveframe/streams';
import type { Options } from 'ajv';
import { RegistrySerde } from '../registry-serde.ts';
import type { RegistrySerdeOptions } from '../serde-options.ts';
import { jsonSchemaFormat } from './json-schema-format.ts';

export interface JsonSchemaOptions extends RegistrySerdeOptions {
  /** What is written with, and what every record is checked against. As a value, or as JSON text. Draft 7, 2019-09 or 2020-12, by its
   *  `$schema`; 7 without one. @defaultValue none: only reads, and checks each record against the schema it was written with */
  readonly schema?: string | object;
  /** Whether records that are read are checked. What is written always is. @defaultValue true */
  readonly validate?: boolean;
  /** For `format` in schemas, as ajv takes them (the package `ajv-formats` has the usual ones). @defaultValue none: not checked */
  readonly formats?: NonNullable<Options['formats']>;
}

/** JSON text, checked by ajv, in Confluent's wire format. @throws ConfigError for a schema that is none */
export function jsonSchema<T>(options: JsonSchemaOptions): Serde<T> {
  return new RegistrySerde<T>(jsonSchemaFormat<T>(options), options);
}
