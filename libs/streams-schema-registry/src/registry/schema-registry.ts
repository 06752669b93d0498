/** The schema registry, as the serdes use it. */
import { StreamsError } from '@hiveframe/streams';

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

/** Another schema that a schema refers to: `name` is what stands in its text (Avro: the full name; Protobuf: the import; JSON
 *  Schema: the `$ref`). */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

export interface Schema {
  readonly type: SchemaType;
  readonly text: string;
  readonly references: readonly SchemaReference[];
}

/** Where schemas are kept. One for Confluent's interface is `schemaRegistry`, one for tests `inMemorySchemaRegistry`.
 *  Every method rejects with a `SchemaRegistryError`. */
export interface SchemaRegistry {
  /** In messages: its address, without credentials. */
  readonly name: string;
  /** null: the registry answers, and has no such schema. Ids are given once, so this may be kept. */
  schemaById(id: number): Promise<Schema | null>;
  /** null: there is no such version. */
  schemaOf(subject: string, version: number): Promise<Schema | null>;
  /** The id of just this schema under this subject; null: it is not registered there. */
  idOf(subject: string, schema: Schema): Promise<number | null>;
  /** Its id; that of before where it is registered already. @throws SchemaRegistryError `incompatible`, `invalid` */
  register(subject: string, schema: Schema): Promise<number>;
}

/** unavailable: no answer, or none that a registry gives; later it may be there. unauthorized: 401 or 403. incompatible: the subject's
 *  compatibility level refuses the schema. invalid: the registry cannot read it. unregistered: it is not under its subject, and
 *  `autoRegister` is off. */
export type SchemaRegistryFailure =
  'unavailable' | 'unauthorized' | 'incompatible' | 'invalid' | 'unregistered';

export class SchemaRegistryError extends StreamsError {
  readonly code = 'HFS_SCHEMA_REGISTRY';
  readonly failure: SchemaRegistryFailure;

  constructor(failure: SchemaRegistryFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
