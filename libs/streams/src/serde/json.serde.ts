/** JSON, with or without a schema that checks every read. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { DeserializationError } from '../errors/streams.error.ts';
import { asBuffer } from './bytes.ts';
import { jsonReader, jsonWriter } from './declared-json/declared-json.ts';
import { LearningReader } from './declared-json/learning-reader.ts';
import { declaredNode } from './declared-json/schema.ts';
import type { Serde } from './serde.ts';
import { writesStraight } from './value-writer.ts';

/** A schema that changes the type on the way in (string to Date) must say how to write it back. */
export type Encode<In, Out> = [Out] extends [In]
  ? [options?: { readonly encode?: (value: Out) => In }]
  : [options: { readonly encode: (value: Out) => In }];

/** JSON. With a Standard Schema (zod, valibot, arktype ...) every read is validated, synchronously; one declared by `schema` is
 *  read straight from the bytes, and written straight to them. Without one `T` is a promise of the author; what is read is what
 *  JSON.parse makes of it, though documents that turn out to have one shape are read quicker. */
export function json<T>(): Serde<T>;
export function json<Out, In = Out>(
  schema: StandardSchemaV1<In, Out>,
  ...encode: Encode<In, Out>
): Serde<Out>;
export function json(
  schema?: StandardSchemaV1<unknown, unknown>,
  options?: { readonly encode?: (value: never) => unknown },
): Serde<unknown> {
  const { read, write } = codecOf(schema);
  const encode = options?.encode as ((value: unknown) => unknown) | undefined;
  const serde: Serde<unknown> = {
    format: 'json',
    serialize: encode === undefined ? write : (value) => write(encode(value)),
    deserialize: (bytes) => read(asBuffer(bytes), 0, bytes.length),
    deserializeRange: read,
  };
  if (write !== writePlain || encode !== undefined) return serde;
  return writesStraight(serde, (value, out) => out.text(stringify(value)));
}

interface Codec {
  readonly read: (buffer: Buffer, start: number, end: number) => unknown;
  readonly write: (value: unknown) => Buffer;
}

function codecOf(schema: StandardSchemaV1<unknown, unknown> | undefined): Codec {
  const node = schema === undefined ? undefined : declaredNode(schema);
  if (node !== undefined) return { read: jsonReader(node), write: jsonWriter(node) };
  const reader = new LearningReader();
  const check = schema === undefined ? (value: unknown) => value : validator(schema);
  return { read: (buffer, start, end) => check(reader.read(buffer, start, end)), write: writePlain };
}

function writePlain(value: unknown): Buffer {
  return Buffer.from(stringify(value), 'utf8');
}

/** `JSON.stringify` leaves out undefined and functions silently; as a whole value they have no JSON. */
function stringify(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`Cannot write ${typeof value} as JSON.`);
  return text;
}

function validator(schema: StandardSchemaV1<unknown, unknown>): (value: unknown) => unknown {
  const standard = schema['~standard'];
  return (value) => {
    const result = standard.validate(value);
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new DeserializationError(
        `Cannot validate with this ${standard.vendor} schema: it validates asynchronously. Use a schema without async checks and do those in mapValuesAsync.`,
      );
    }
    if (result.issues === undefined) return result.value;
    throw new DeserializationError(`does not fit the schema: ${result.issues.map(describeIssue).join('; ')}`);
  };
}

function describeIssue({ path, message }: StandardSchemaV1.Issue): string {
  if (path === undefined || path.length === 0) return message;
  return `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')}: ${message}`;
}
