/** A serde of the engine over a schema registry.
 *  R1 A record is read and written synchronously: by a reader for its schema id, with the id of its topic. Both are brought once, by
 *     `prepare` at the start, or while the record waits (`SerdeNotReadyError`).
 *  R2 Only what the registry says of a schema is held against a record. A registry that does not answer says nothing: the record waits. */
import {
  ConfigError,
  SerdeNotReadyError,
  type Bytes,
  type Serde,
  type SerdeContext,
} from '@hiveframe/streams';
import { resolveReferences, type ResolvedSchema } from './registry/resolved-schema.ts';
import { SchemaRegistryError, type Schema, type SchemaRegistry } from './registry/schema-registry.ts';
import { topicNameStrategy, type SubjectNameStrategy } from './registry/subject-name.ts';
import { Once } from './once.ts';
import { Refusals } from './refusals.ts';
import type { CompiledFormat, Reader, SchemaFormat } from './schema-format.ts';
import type { RegistrySerdeOptions } from './serde-options.ts';
import { HEADER_BYTES, readSchemaId } from './wire-format.ts';

type Part = SerdeContext['part'];

const DEFAULT_UNKNOWN_MS = 60_000;
const MIN_UNKNOWN_MS = 1_000;

export class RegistrySerde<T> implements Serde<T> {
  readonly format: string;
  readonly #schemas: SchemaFormat<T>;
  readonly #registry: SchemaRegistry;
  readonly #autoRegister: boolean;
  readonly #subjectName: SubjectNameStrategy;

  #compiled: CompiledFormat<T> | null = null;
  #own: ResolvedSchema | null = null;
  readonly #readers = new Map<number, Reader<T>>();
  readonly #refusals: Refusals;
  readonly #reading = new Once<number>();
  /** Schema ids to write with, by topic. */
  readonly #ids: Readonly<Record<Part, Map<string, number>>> = { key: new Map(), value: new Map() };
  readonly #preparing = new Once<string>();
  /** Of the record before: the next one has the same, as a rule. */
  #lastId: number | null = null;
  #lastReader: Reader<T> = () => undefined as T;

  /** @throws ConfigError for a schema that cannot be read */
  constructor(schemas: SchemaFormat<T>, options: RegistrySerdeOptions) {
    const { registry, autoRegister = true, subjectNameStrategy = topicNameStrategy } = options;
    this.format = schemas.name;
    this.#schemas = schemas;
    this.#registry = registry;
    this.#autoRegister = autoRegister;
    this.#subjectName = subjectNameStrategy;
    this.#refusals = new Refusals(unknownMs(options));
    const { schema } = schemas;
    if (schema === null) this.#compile(null);
    else if (schema.references.length === 0) this.#compile({ ...schema, referenced: [] });
  }

  deserialize(bytes: Bytes, context: SerdeContext): T {
    const buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.deserializeRange(buffer, 0, buffer.length, context);
  }

  deserializeRange(buffer: Buffer, start: number, end: number, context: SerdeContext): T {
    const id = readSchemaId(buffer, start, end);
    const reader = id === this.#lastId ? this.#lastReader : this.#readerOf(id, context);
    return reader(buffer, start + HEADER_BYTES, end);
  }

  #readerOf(id: number, { topic, part }: SerdeContext): Reader<T> {
    const reader = this.#readers.get(id);
    if (reader !== undefined) {
      this.#lastReader = reader;
      this.#lastId = id;
      return reader;
    }
    const reason = this.#refusals.reason(id);
    if (reason !== null) throw new TypeError(reason);
    throw new SerdeNotReadyError(`Schema ${id} of the ${part}s of ${topic} was not fetched yet.`, () =>
      this.#reading.run(id, () => this.#fetchReader(id)),
    );
  }

  /** Ends with a reader, or with the reason why there is none. @throws SerdeNotReadyError while the registry does not say */
  async #fetchReader(id: number): Promise<void> {
    try {
      const compiled = await this.#compiledFormat();
      const schema = await this.#registry.schemaById(id);
      if (schema === null) this.#refusals.add(id, `${this.#registry.name} has no schema ${id}`);
      else this.#makeReader(id, compiled, await resolveReferences(this.#registry, schema));
    } catch (error) {
      if (!(error instanceof SchemaRegistryError)) throw error;
      if (error.failure === 'invalid') this.#refusals.add(id, error.message);
      else throw notReady(error, () => this.#reading.run(id, () => this.#fetchReader(id)));
    }
  }

  #makeReader(id: number, compiled: CompiledFormat<T>, schema: ResolvedSchema): void {
    try {
      this.#requireType(schema);
      this.#readers.set(id, compiled.reader(schema));
    } catch (error) {
      this.#refusals.add(id, `schema ${id} cannot be used here: ${text(error)}`);
    }
  }

  #requireType({ type }: Schema): void {
    if (type !== this.#schemas.type) throw new TypeError(`it is ${type}, not ${this.#schemas.type}`);
  }

  serialize(value: T, context: SerdeContext): Bytes {
    const id = this.#ids[context.part].get(context.topic) ?? this.#idElsewhere(context);
    return this.#compiled!.write(value, id);
  }

  /** Asked for a topic that nobody prepared: bytes that are only compared, or hashed. The id is that of the schema, whatever the topic. */
  #idElsewhere({ topic, part }: SerdeContext): number {
    for (const ids of [this.#ids.value, this.#ids.key]) for (const id of ids.values()) return id;
    const prepare = () => this.prepare(topic, part);
    prepare().catch(() => {}); // who catches the error calls it again, and hears why
    throw new SerdeNotReadyError(`The schema of the ${part}s of ${topic} was not looked up yet.`, prepare);
  }

  async prepare(topic: string, part: Part): Promise<void> {
    if (this.#ids[part].has(topic)) return;
    await this.#preparing.run(`${part} ${topic}`, () => this.#prepare(topic, part));
  }

  async #prepare(topic: string, part: Part): Promise<void> {
    const { schema } = this.#schemas;
    if (schema === null) {
      throw new ConfigError(
        `Cannot write the ${part}s of ${topic} as ${this.format}: the serde was given no schema, so it only reads. Give it one.`,
      );
    }
    try {
      const compiled = await this.#compiledFormat();
      const subject = this.#subjectOf(topic, part, compiled.recordName);
      const id = await this.#idOf(subject, schema);
      if (!this.#readers.has(id)) this.#readers.set(id, compiled.reader(this.#own!));
      this.#ids[part].set(topic, id);
    } catch (error) {
      if (error instanceof SchemaRegistryError && error.failure === 'unavailable')
        throw notReady(error, () => this.prepare(topic, part));
      throw error;
    }
  }

  #subjectOf(topic: string, part: Part, recordName: string | null): string {
    try {
      return this.#subjectName({ topic, part, recordName });
    } catch (cause) {
      throw new ConfigError(`Cannot name a subject for the ${part}s of ${topic}: ${text(cause)}.`, { cause });
    }
  }

  /** What is registered is looked up: no right to register is needed then. */
  async #idOf(subject: string, schema: Schema): Promise<number> {
    const id = await this.#registry.idOf(subject, schema);
    if (id !== null) return id;
    if (this.#autoRegister) return this.#registry.register(subject, schema);
    throw new SchemaRegistryError(
      'unregistered',
      `Cannot write with this ${this.#schemas.type} schema: it is not registered under subject ${subject} of ${this.#registry.name}, and autoRegister is off. Register it there, or allow autoRegister.`,
    );
  }

  async #compiledFormat(): Promise<CompiledFormat<T>> {
    return this.#compiled ?? this.#compile(await resolveReferences(this.#registry, this.#schemas.schema!));
  }

  #compile(own: ResolvedSchema | null): CompiledFormat<T> {
    try {
      this.#own = own;
      return (this.#compiled = this.#schemas.compile(own));
    } catch (cause) {
      throw new ConfigError(`Cannot use this ${this.#schemas.type} schema: ${text(cause)}.`, { cause });
    }
  }
}

function unknownMs({ unknownSchemaMs = DEFAULT_UNKNOWN_MS }: RegistrySerdeOptions): number {
  if (Number.isSafeInteger(unknownSchemaMs) && unknownSchemaMs >= MIN_UNKNOWN_MS) return unknownSchemaMs;
  throw new ConfigError(
    `Cannot use a schema registry: unknownSchemaMs is ${String(unknownSchemaMs)}; it must be a whole number of milliseconds from ${MIN_UNKNOWN_MS}.`,
  );
}

function notReady(error: SchemaRegistryError, fetch: () => Promise<void>): SerdeNotReadyError {
  return new SerdeNotReadyError(error.message, fetch, { cause: error });
}
function text(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
}
