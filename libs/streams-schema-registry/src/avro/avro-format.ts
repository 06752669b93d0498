/** Avro binary encoding behind the header. */
import avsc, { type Type } from 'avsc';
import type { ResolvedSchema } from '../registry/resolved-schema.ts';
import { misfit } from '../misfit.ts';
import type { CompiledFormat, Reader, SchemaFormat } from '../schema-format.ts';
import { HEADER_BYTES, writeHeader } from '../wire-format.ts';
import type { AvroOptions } from './avro.serde.ts';
import { bigintLong, exactLong } from './longs.ts';

type AvscOptions = NonNullable<Parameters<typeof avsc.Type.forSchema>[1]>;

/** Grown when a value needs more. */
const FIRST_SCRATCH_BYTES = 1_024;

export function avroFormat(options: AvroOptions): SchemaFormat<unknown> {
  const { schema, references = [] } = options;
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  return {
    type: 'AVRO',
    name: 'avro',
    schema: text === undefined ? null : { type: 'AVRO', text, references },
    compile: (own) => new CompiledAvro(own, options),
  };
}

class CompiledAvro implements CompiledFormat<unknown> {
  readonly #options: AvroOptions;
  readonly #type: Type | null;
  #scratch = Buffer.allocUnsafe(FIRST_SCRATCH_BYTES);

  constructor(own: ResolvedSchema | null, options: AvroOptions) {
    this.#options = options;
    this.#type = own === null ? null : parse(own, options);
  }

  get recordName(): string | null {
    return this.#type?.name ?? null;
  }

  reader(writer: ResolvedSchema): Reader<unknown> {
    const written = parse(writer, this.#options);
    const type = this.#type;
    if (type === null) return readerOf(written);
    // avsc takes types that differ in defaults and aliases only for equal, and what they wrote is the same.
    return type.equals(written) ? readerOf(type) : readerOf(type, type.createResolver(written));
  }

  write(value: unknown, schemaId: number): Buffer {
    const type = this.#type!;
    let end: number;
    try {
      end = type.encode(value, this.#scratch, HEADER_BYTES);
      if (end < 0) {
        this.#scratch = Buffer.allocUnsafe(2 * (this.#scratch.length - end));
        end = type.encode(value, this.#scratch, HEADER_BYTES);
      }
    } catch (cause) {
      throw doesNotFit(type, value, cause);
    }
    const bytes = Buffer.from(this.#scratch.subarray(0, end));
    writeHeader(bytes, schemaId);
    return bytes;
  }
}

function readerOf(type: Type, resolver?: ReturnType<Type['createResolver']>): Reader<unknown> {
  return (buffer, start, end) => {
    const { value, offset } = type.decode(buffer, start, resolver) as { value: unknown; offset: number };
    if (offset === end) return value;
    throw new RangeError(
      offset < 0 || offset > end ? 'the bytes end too early' : `${end - offset} bytes are left over`,
    );
  };
}

/** Named types of what it refers to first. */
function parse(schema: ResolvedSchema, options: AvroOptions): Type {
  const registry = { long: options.longs === 'bigint' ? bigintLong() : exactLong() };
  const own: Partial<AvscOptions> = {
    registry,
    omitRecordMethods: true,
    wrapUnions: options.wrapUnions ?? 'auto',
    ...(options.logicalTypes === undefined ? {} : { logicalTypes: { ...options.logicalTypes } }),
  };
  for (const { text } of schema.referenced) avsc.Type.forSchema(parseText(text), own);
  return avsc.Type.forSchema(parseText(schema.text), own);
}

/** The text of a schema that is a name alone may come without quotes. */
function parseText(text: string): Parameters<typeof avsc.Type.forSchema>[0] {
  return (/^[a-z]+$/.test(text) ? text : JSON.parse(text)) as Parameters<typeof avsc.Type.forSchema>[0];
}

/** avsc's own message would show the value. */
function doesNotFit(type: Type, value: unknown, cause: unknown): Error {
  const places: { path: string; expected: string }[] = [];
  type.isValid(value, {
    errorHook: (path: readonly string[], _value: unknown, expected: Type) => {
      places.push({ path: path.join('.'), expected: `must be ${nameOf(expected)}` });
    },
  });
  if (places.length > 0) return misfit(nameOf(type), places);
  return misfit(nameOf(type), [
    { path: '', expected: cause instanceof RangeError ? 'is too large' : 'cannot be written' },
  ]);
}

function nameOf(type: Type): string {
  return type.name ?? type.typeName.replace(/^(abstract|union):.*/, '$1');
}
