/** A registry in the memory of a test: ids by content, as Confluent's gives them; it refuses nothing. */
import { SchemaRegistryError, type Schema, type SchemaRegistry } from './schema-registry.ts';

export interface InMemorySchemaRegistry extends SchemaRegistry {
  /** While true every request fails as `unavailable`. */
  isAway: boolean;
  /** Requests that were made, failed ones too. */
  readonly requestCount: number;
}

/** For tests without services: give it to the serdes in place of `schemaRegistry(...)`. Compatibility is not checked. */
export function inMemorySchemaRegistry(): InMemorySchemaRegistry {
  return new InMemoryRegistry();
}

class InMemoryRegistry implements InMemorySchemaRegistry {
  readonly name = 'schema registry in memory';
  isAway = false;
  requestCount = 0;
  /** By id, counted from 1. */
  readonly #schemas: Schema[] = [];
  /** Versions by subject, counted from 1. */
  readonly #subjects = new Map<string, number[]>();

  async schemaById(id: number): Promise<Schema | null> {
    await this.#request();
    return this.#schemas[id - 1] ?? null;
  }

  async schemaOf(subject: string, version: number): Promise<Schema | null> {
    await this.#request();
    const id = this.#subjects.get(subject)?.[version - 1];
    return id === undefined ? null : this.#schemas[id - 1]!;
  }

  async idOf(subject: string, schema: Schema): Promise<number | null> {
    await this.#request();
    const id = this.#idOf(schema);
    return this.#subjects.get(subject)?.includes(id) === true ? id : null;
  }

  async register(subject: string, schema: Schema): Promise<number> {
    await this.#request();
    const known = this.#idOf(schema);
    const id = known > 0 ? known : this.#schemas.push(schema);
    const versions = this.#subjects.get(subject) ?? [];
    if (!versions.includes(id)) this.#subjects.set(subject, [...versions, id]);
    return id;
  }

  /** 0: it has none. */
  #idOf(schema: Schema): number {
    const content = JSON.stringify(schema);
    return this.#schemas.findIndex((known) => JSON.stringify(known) === content) + 1;
  }

  async #request(): Promise<void> {
    this.requestCount++;
    if (this.isAway) throw new SchemaRegistryError('unavailable', `The ${this.name} is away.`);
  }
}
