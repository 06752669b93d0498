/** What is taken over HTTP, into which topic, within which limits. */
import { ConfigError, type Topic } from '@hiveframe/streams';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ModuleMetadata, Type } from '@nestjs/common';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';

/** A Standard Schema (zod, valibot, arktype …), or a class with decorators of class-validator. */
export type EventSchema<V> = StandardSchemaV1<unknown, V> | Type<V & object>;

export interface IngestLimits {
  /** Of an event, encoded, and of a line of NDJSON. What the topic takes (`max.message.bytes`) bounds it too.
   *  @defaultValue 256 KiB */
  readonly maxEventBytes?: number;
  /** Of a JSON array. @defaultValue 1_000 */
  readonly maxBatchEvents?: number;
  /** Encoded events that are taken and not yet acknowledged, of all requests of this endpoint: more are answered 429.
   *  @defaultValue 16 MiB */
  readonly maxInFlightBytes?: number;
  /** How long an event waits for the log, before the answer is 503. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** What a 429 or 503 asks the client to wait. @defaultValue 1_000, at least a second as HTTP has it */
  readonly retryAfterMs?: number;
}

export interface IngestOptions<V, K = null>
  extends IngestLimits, Pick<ModuleMetadata, 'imports' | 'providers'> {
  /** Of the route: `POST <path>`. */
  readonly path: string;
  /** Must exist, or be made by the application (`missingSourceTopics`): until then the answer is 503. */
  readonly topic: Pick<Topic<K, V>, 'name' | 'key' | 'value'>;
  /** What an event must be: another is answered 400. */
  readonly schema: EventSchema<V>;
  /** Of an event, where the topic has keys. @defaultValue none: partitions in turn, or by Idempotency-Key where there is one */
  readonly key?: (event: V) => K;
  /** Event time, whole epoch ms: another is answered 400. @defaultValue when the event was taken */
  readonly timestampMs?: (event: V) => number;
  /** On the controller: `UseGuards(ApiKeyGuard)`, `UseInterceptors(…)`. What they inject comes from `imports` and `providers`.
   *  @defaultValue none */
  readonly decorators?: readonly ClassDecorator[];
  /** The application whose log is written, by its name. @defaultValue the one without a name */
  readonly application?: string;
}

export type ResolvedIngestOptions<V, K> = Required<Omit<IngestOptions<V, K>, 'imports' | 'providers'>>;

const KIB = 1024;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveIngestOptions<V, K>(options: IngestOptions<V, K>): ResolvedIngestOptions<V, K> {
  const resolved: ResolvedIngestOptions<V, K> = {
    path: options.path,
    topic: options.topic,
    schema: options.schema,
    key: options.key ?? (() => null as K),
    timestampMs: options.timestampMs ?? (() => Date.now()),
    decorators: options.decorators ?? [],
    application: options.application ?? DEFAULT_APPLICATION,
    maxEventBytes: options.maxEventBytes ?? 256 * KIB,
    maxBatchEvents: options.maxBatchEvents ?? 1_000,
    maxInFlightBytes: options.maxInFlightBytes ?? 16 * KIB * KIB,
    timeoutMs: options.timeoutMs ?? 10_000,
    retryAfterMs: options.retryAfterMs ?? 1_000,
  };
  const faults = LIMITS.filter((name) => !(Number.isSafeInteger(resolved[name]) && resolved[name] > 0));
  if (faults.length > 0) {
    const told = faults.map((name) => `${name} must be a whole number above 0, is ${resolved[name]}`);
    throw new ConfigError(`Cannot take events at ${options.path}: ${told.join('; ')}.`);
  }
  return resolved;
}

const LIMITS = [
  'maxEventBytes',
  'maxBatchEvents',
  'maxInFlightBytes',
  'timeoutMs',
  'retryAfterMs',
] as const satisfies readonly (keyof IngestLimits)[];
