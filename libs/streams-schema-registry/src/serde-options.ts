import type { SchemaReference, SchemaRegistry } from './registry/schema-registry.ts';
import type { SubjectNameStrategy } from './registry/subject-name.ts';

/** What the serdes of all formats are told. */
export interface RegistrySerdeOptions {
  /** Where the schemas lie: `schemaRegistry({ url })`, or `inMemorySchemaRegistry()` in tests. One for all serdes. */
  readonly registry: SchemaRegistry;
  /** What the schema refers to, as it is registered. @defaultValue nothing */
  readonly references?: readonly SchemaReference[];
  /** Whether an application that writes with the schema registers it at its start, for each topic and changelog it writes. If not, it
   *  must be registered before, or the application does not start. Confluent: `auto.register.schemas`. @defaultValue true */
  readonly autoRegister?: boolean;
  /** Confluent: `subject.name.strategy`. @defaultValue topicNameStrategy */
  readonly subjectNameStrategy?: SubjectNameStrategy;
  /** How long a schema that the registry does not have is taken for unknown, before it is asked for again: until then records with its
   *  id are dead letters without a request. From 1 s. @defaultValue 60 s */
  readonly unknownSchemaMs?: number;
}
