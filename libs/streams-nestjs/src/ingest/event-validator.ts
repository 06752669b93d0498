import type { StandardSchemaV1 } from '@standard-schema/spec';
import { BadRequestException, ValidationPipe, type Type } from '@nestjs/common';
import type { EventSchema } from './ingest-options.ts';

/** Why an event was refused: where in it, and what is wrong. */
export interface EventIssue {
  readonly message: string;
  /** `items.0.price`; left out for the event as a whole. */
  readonly path?: string;
}

/** The event as the schema gives it, or what is wrong with it. */
export type Validated<V> = { readonly value: V } | { readonly issues: readonly EventIssue[] };

export type Validate<V> = (event: unknown) => Promise<Validated<V>>;

export function eventValidator<V>(schema: EventSchema<V>): Validate<V> {
  return isStandard(schema) ? (event) => byStandardSchema(schema, event) : byClass(schema);
}

/** Some schemas are functions, as classes are. */
function isStandard<V>(schema: EventSchema<V>): schema is StandardSchemaV1<unknown, V> {
  return '~standard' in schema;
}

async function byStandardSchema<V>(
  schema: StandardSchemaV1<unknown, V>,
  event: unknown,
): Promise<Validated<V>> {
  const result = await schema['~standard'].validate(event);
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.map(({ message, path = [] }) => ({ message, ...pathOf(path) })) };
}

function pathOf(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): { readonly path?: string } {
  if (path.length === 0) return {};
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return { path: keys.join('.') };
}

/** By the pipe that Nest validates bodies with: class-validator and class-transformer are loaded by it. */
function byClass<V>(metatype: Type<V & object>): Validate<V> {
  const pipe = new ValidationPipe({ transform: true, whitelist: true });
  return async (event) => {
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return { issues: [{ message: 'must be an object' }] };
    try {
      return { value: (await pipe.transform(event, { type: 'body', metatype })) as V };
    } catch (error) {
      if (error instanceof BadRequestException) return { issues: issuesOf(error) };
      throw error;
    }
  };
}

function issuesOf(error: BadRequestException): EventIssue[] {
  const answer = error.getResponse();
  const messages: unknown = typeof answer === 'object' && 'message' in answer ? answer.message : answer;
  return [messages].flat().map((message) => ({ message: String(message) }));
}
