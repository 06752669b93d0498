/** JSON text behind the header. */
import { json, type SerdeContext } from '@hiveframe/streams';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ResolvedSchema } from '../registry/resolved-schema.ts';
import { misfit } from '../misfit.ts';
import type { CompiledFormat, Reader, SchemaFormat } from '../schema-format.ts';
import { framed } from '../wire-format.ts';
import type { JsonSchemaOptions } from './json-schema.serde.ts';

interface SchemaObject {
  readonly $schema?: string;
  readonly title?: string;
}
interface Check {
  readonly name: string;
  readonly validate: ValidateFunction;
}

export function jsonSchemaFormat<T>(options: JsonSchemaOptions): SchemaFormat<T> {
  const { schema, references = [] } = options;
  const text = typeof schema === 'object' ? JSON.stringify(schema) : schema;
  return {
    type: 'JSON',
    name: 'json schema',
    schema: text === undefined ? null : { type: 'JSON', text, references },
    compile: (own) => new CompiledJsonSchema(own, options),
  };
}

class CompiledJsonSchema<T> implements CompiledFormat<T> {
  readonly recordName: string | null;
  readonly #options: JsonSchemaOptions;
  readonly #own: Check | null;

  constructor(own: ResolvedSchema | null, options: JsonSchemaOptions) {
    this.#options = options;
    this.#own = own === null ? null : compile(own, options);
    this.recordName = own === null ? null : ((JSON.parse(own.text) as SchemaObject).title ?? null);
  }

  reader(writer: ResolvedSchema): Reader<T> {
    const parser = json<T>();
    const read: Reader<T> = (buffer, start, end) => parser.deserializeRange!(buffer, start, end, NO_CONTEXT);
    if (this.#options.validate === false) return read;
    const check = this.#own ?? compile(writer, this.#options);
    return (buffer, start, end) => {
      const value = read(buffer, start, end);
      requireFit(check, value);
      return value;
    };
  }

  write(value: T, schemaId: number): Buffer {
    requireFit(this.#own!, value);
    return framed(schemaId, Buffer.from(JSON.stringify(value)));
  }
}

/** Reading JSON asks for nothing of it. */
const NO_CONTEXT: SerdeContext = { topic: '', part: 'value', headers: () => [] };

/** With an ajv of its own: versions of a schema have the same `$id`. */
function compile(schema: ResolvedSchema, { formats }: JsonSchemaOptions): Check {
  const parsed = JSON.parse(schema.text) as SchemaObject;
  const Draft = draftOf(parsed);
  const ajv = new Draft({ strict: false, logger: false, ...(formats === undefined ? {} : { formats }) });
  for (const { name, text } of schema.referenced) ajv.addSchema(JSON.parse(text) as object, name);
  return { name: parsed.title ?? 'of JSON', validate: ajv.compile(parsed) };
}

function draftOf({ $schema = '' }: SchemaObject): typeof Ajv | typeof Ajv2019 | typeof Ajv2020 {
  if ($schema.includes('2020-12')) return Ajv2020;
  return $schema.includes('2019-09') ? Ajv2019 : Ajv;
}

function requireFit({ name, validate }: Check, value: unknown): void {
  if (validate(value)) return;
  throw misfit(name, validate.errors!.map(placed));
}

/** ajv's messages name keywords and bounds of the schema, never the data. */
function placed({ instancePath, message }: ErrorObject): { path: string; expected: string } {
  return { path: instancePath.slice(1).replaceAll('/', '.'), expected: message ?? 'does not fit' };
}
