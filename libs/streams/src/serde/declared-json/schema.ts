/** Declares what a JSON value looks like: `schema.object({ sensor_id: schema.string(), ... })`. Given to `json(...)` it makes a serde
 *  that reads most records straight from their bytes; it is a Standard Schema too, for whatever else takes one. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Flatten } from '../../record/record.ts';
import { parseIsoTime } from '../../time/iso-time.ts';
import { faultsOf, fitting } from './fit.ts';
import type { JsonScalar, ObjectField, SchemaNode } from './schema-node.ts';

const NODE: unique symbol = Symbol.for('@hiveframe/streams/JsonSchema');

/** A declared schema for values of type `T`. */
export interface JsonSchema<T> extends StandardSchemaV1<T, T> {
  readonly [NODE]: SchemaNode;
}

/** A field that may be absent. */
export interface OptionalField<T> {
  readonly optional: JsonSchema<T>;
}

/** The type of the values that a schema takes. */
export type InferJson<S extends JsonSchema<unknown>> = StandardSchemaV1.InferOutput<S>;

export type SchemaFields = Readonly<Record<string, JsonSchema<unknown> | OptionalField<unknown>>>;

type OptionalNames<F extends SchemaFields> = {
  [N in keyof F]: F[N] extends OptionalField<unknown> ? N : never;
}[keyof F];

/** What an object of these fields holds. */
export type ObjectOf<F extends SchemaFields> = Flatten<
  { [N in Exclude<keyof F, OptionalNames<F>>]: F[N] extends JsonSchema<infer T> ? T : never } & {
    [N in OptionalNames<F>]?: F[N] extends OptionalField<infer T> ? T : never;
  }
>;

export interface ScalarOptions<T extends JsonScalar> {
  /** In words, after "must be". */
  readonly expected: string;
  /** What the application gets; undefined: it does not fit. Given its own result it gives it again: the writer asks too. */
  readonly convert: (value: JsonScalar) => T | undefined;
}

export const schema = {
  string: (options: { readonly minLength?: number } = {}): JsonSchema<string> =>
    declare({ kind: 'string', minLength: options.minLength ?? 0 }),
  /** A finite number. */
  number: (): JsonSchema<number> => declare({ kind: 'number' }),
  /** A whole number that a float64 holds exactly. */
  integer: (): JsonSchema<number> => declare({ kind: 'integer' }),
  boolean: (): JsonSchema<boolean> => declare({ kind: 'boolean' }),
  /** One of these values. */
  literal: <const T extends readonly JsonScalar[]>(...values: T): JsonSchema<T[number]> =>
    declare({ kind: 'literal', values }),
  /** Epoch milliseconds or an ISO 8601 text (UTC where it names no zone); the application gets epoch milliseconds. */
  timestamp: (): JsonSchema<number> => TIMESTAMP,
  /** A text, number, boolean or null that a function takes, converts or refuses. */
  scalar: <T extends JsonScalar>({ expected, convert }: ScalarOptions<T>): JsonSchema<T> =>
    declare({ kind: 'scalar', expected, convert }),
  nullable: <T>(of: JsonSchema<T>): JsonSchema<T | null> => declare({ kind: 'nullable', of: of[NODE] }),
  array: <T>(of: JsonSchema<T>): JsonSchema<T[]> => declare({ kind: 'array', of: of[NODE] }),
  /** A field of an object that may be absent. */
  optional: <T>(of: JsonSchema<T>): OptionalField<T> => ({ optional: of }),
  /** Other fields are left behind when it is read, and not written. */
  object: <F extends SchemaFields>(fields: F): JsonSchema<ObjectOf<F>> =>
    declare({ kind: 'object', fields: Object.entries(fields).map(([name, field]) => toField(name, field)) }),
} as const;

/** The latest instant that a Date can hold. */
const MAX_TIME_MS = 8.64e15;
const TIMESTAMP = declare<number>({
  kind: 'scalar',
  expected: 'epoch milliseconds or an ISO 8601 date-time',
  convert(value) {
    const timeMs = typeof value === 'string' ? parseIsoTime(value) : typeof value === 'number' ? value : NaN;
    return timeMs >= 0 && timeMs <= MAX_TIME_MS ? timeMs : undefined;
  },
});

function toField(name: string, field: JsonSchema<unknown> | OptionalField<unknown>): ObjectField {
  if (name === '__proto__')
    throw new TypeError('Cannot declare a field named __proto__: no object literal can have it.');
  const optional = 'optional' in field;
  return { name, optional, node: (optional ? field.optional : field)[NODE] };
}

function declare<T>(node: SchemaNode): JsonSchema<T> {
  const fit = fitting(node);
  const validate = (value: unknown): StandardSchemaV1.Result<T> => {
    const fitted = fit(value);
    return fitted === undefined ? { issues: faultsOf(node, value) } : { value: fitted as T };
  };
  return { [NODE]: node, '~standard': { version: 1, vendor: 'hiveframe', validate } };
}

/** What was declared; undefined for a schema of another library. */
export function declaredNode(of: StandardSchemaV1<unknown, unknown>): SchemaNode | undefined {
  return NODE in of ? (of as JsonSchema<unknown>)[NODE] : undefined;
}
