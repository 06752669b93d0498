/** A registry that speaks Confluent's REST interface: Confluent's own, Apicurio's `ccompat`, Redpanda's, Karapace.
 *  R1 By the HTTP client of @kafkajs/confluent-schema-registry. Its errors have a status and a message, no more: a connection that is
 *     refused is a 400 there, and a 404 may be a proxy's. So what those two mean counts only when the registry answers a question
 *     that any registry can (`#isThere`); else it is away.
 *  R2 No request is made for a record: who asks keeps the answers. */
import registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js';
import { compatibilityAdvice } from './compatibility-advice.ts';
import { clientMiddleware } from './client-middleware.ts';
import { resolveRegistryOptions, type SchemaRegistryOptions } from './registry-options.ts';
import {
  SchemaRegistryError,
  type Schema,
  type SchemaReference,
  type SchemaRegistry,
  type SchemaType,
} from './schema-registry.ts';

type Client = ReturnType<typeof registryApi.default>;

interface Answer {
  data(): unknown;
}
interface SchemaAnswer {
  readonly schema: string;
  /** Absent for Avro. */
  readonly schemaType?: SchemaType;
  readonly references?: readonly SchemaReference[];
}
/** What the client rejects with. */
interface Refusal extends Error {
  readonly status?: number;
}

/** What a registry says may be long: whole schemas are in it. */
const MAX_MESSAGE_LENGTH = 600;

/** The registry at an address. Nothing is asked before it is used. @throws ConfigError for options that cannot work */
export function schemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  return new ConfluentRegistry(options);
}

class ConfluentRegistry implements SchemaRegistry {
  readonly name: string;
  readonly #client: Client;

  constructor(options: SchemaRegistryOptions) {
    const { url, auth, agent, requestTimeoutMs } = resolveRegistryOptions(options);
    this.name = `schema registry ${url}`;
    this.#client = registryApi.default({
      host: url,
      agent,
      middlewares: [clientMiddleware(auth, requestTimeoutMs)],
    });
  }

  async schemaById(id: number): Promise<Schema | null> {
    const what = `Cannot read schema ${id}`;
    const answer = await this.#found(what, () => this.#client.Schema.find({ id }));
    return answer === null ? null : toSchema(answer as SchemaAnswer);
  }

  async schemaOf(subject: string, version: number): Promise<Schema | null> {
    const what = `Cannot read version ${version} of subject ${subject}`;
    const answer = await this.#found(what, () => this.#client.Subject.version({ subject, version }));
    return answer === null ? null : toSchema(answer as SchemaAnswer);
  }

  async idOf(subject: string, schema: Schema): Promise<number | null> {
    const what = `Cannot look up the schema under subject ${subject}`;
    const body = toBody(schema);
    const answer = await this.#found(what, () => this.#client.Subject.registered({ subject, body }));
    return answer === null ? null : (answer as { readonly id: number }).id;
  }

  async register(subject: string, schema: Schema): Promise<number> {
    const body = toBody(schema);
    try {
      const answer = (await this.#client.Subject.register({ subject, body })) as Answer;
      return (answer.data() as { readonly id: number }).id;
    } catch (error) {
      const refusal = error as Refusal;
      if (refusal.status === 409) throw await this.#incompatible(subject, refusal);
      throw await this.#failed(`Cannot register the schema under subject ${subject}`, refusal);
    }
  }

  /** What the registry has; null: it has not. */
  async #found(what: string, ask: () => Promise<unknown>): Promise<unknown> {
    try {
      return ((await ask()) as Answer).data();
    } catch (error) {
      const refusal = error as Refusal;
      if (refusal.status === 404 && (await this.#isThere())) return null;
      throw await this.#failed(what, refusal);
    }
  }

  /** Whether a registry answers at this address. */
  async #isThere(): Promise<boolean> {
    try {
      return Array.isArray(((await this.#client.Subject.all({})) as Answer).data());
    } catch {
      return false;
    }
  }

  async #failed(what: string, refusal: Refusal): Promise<SchemaRegistryError> {
    const { status } = refusal;
    const text = `${what} at ${this.name}: ${said(refusal)}`;
    const fail = (failure: SchemaRegistryError['failure'], advice: string) =>
      new SchemaRegistryError(failure, `${text}. ${advice}`, { cause: refusal });
    if (status === 401 || status === 403)
      return fail('unauthorized', 'Check auth, and what its user may do with this subject.');
    const isRefused = status === 422 || (status === 400 && (await this.#isThere()));
    if (isRefused) return fail('invalid', 'Check the schema and the names of its subject and references.');
    return fail('unavailable', 'Check url, and that it is up.');
  }

  async #incompatible(subject: string, refusal: Refusal): Promise<SchemaRegistryError> {
    const [latest, level] = await Promise.all([this.#latest(subject), this.#level(subject)]);
    return new SchemaRegistryError(
      'incompatible',
      `Cannot register the schema under subject ${subject} of ${this.name}: it is not compatible with ${latest}: ${said(refusal)}. ${compatibilityAdvice(level)}.`,
      { cause: refusal },
    );
  }

  async #latest(subject: string): Promise<string> {
    try {
      const answer = (await this.#client.Subject.latestVersion({ subject })) as Answer;
      const { version, id } = answer.data() as { readonly version: number; readonly id: number };
      return `version ${version} (id ${id})`;
    } catch {
      return 'what is registered there';
    }
  }

  /** null: it has none of its own, or does not say. */
  async #level(subject: string): Promise<string | null> {
    try {
      const answer = (await this.#client.Subject.config({ subject })) as Answer;
      return (answer.data() as { readonly compatibilityLevel?: string }).compatibilityLevel ?? null;
    } catch {
      return null;
    }
  }
}

function toSchema({ schema, schemaType = 'AVRO', references = [] }: SchemaAnswer): Schema {
  return { type: schemaType, text: schema, references };
}
function toBody({ type, text, references }: Schema) {
  return {
    schema: text,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references }),
  };
}

function said({ message }: Refusal): string {
  const text = message.replace(/^Confluent_Schema_Registry - /, '');
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)} …` : text;
}
