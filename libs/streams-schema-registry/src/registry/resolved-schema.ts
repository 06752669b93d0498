/** A schema with the texts of all that it refers to. */
import {
  SchemaRegistryError,
  type Schema,
  type SchemaReference,
  type SchemaRegistry,
} from './schema-registry.ts';

export interface ReferencedSchema {
  /** As the text that refers to it says. */
  readonly name: string;
  readonly text: string;
}
export interface ResolvedSchema extends Schema {
  /** Each before those that refer to it, once. */
  readonly referenced: readonly ReferencedSchema[];
}

/** Asks for what is referred to, and for what that refers to. */
export async function resolveReferences(registry: SchemaRegistry, schema: Schema): Promise<ResolvedSchema> {
  const referenced = new Map<string, ReferencedSchema>();
  await gather(registry, schema.references, referenced, new Set());
  return { ...schema, referenced: [...referenced.values()] };
}

async function gather(
  registry: SchemaRegistry,
  references: readonly SchemaReference[],
  found: Map<string, ReferencedSchema>,
  asked: Set<string>,
): Promise<void> {
  for (const { name, subject, version } of references) {
    const id = `${name} ${subject} ${version}`;
    if (asked.has(id)) continue;
    asked.add(id);
    const schema = await registry.schemaOf(subject, version);
    if (schema === null) {
      throw new SchemaRegistryError(
        'invalid',
        `Cannot resolve the reference to ${name}: ${registry.name} has no version ${version} of subject ${subject}. Register it there first.`,
      );
    }
    await gather(registry, schema.references, found, asked);
    found.set(id, { name, text: schema.text });
  }
}
