/** Message indexes and the message's bytes behind the header. */
import protobuf, { type Type } from 'protobufjs';
import type { ResolvedSchema } from '../registry/resolved-schema.ts';
import { misfit } from '../misfit.ts';
import type { CompiledFormat, Reader, SchemaFormat } from '../schema-format.ts';
import { framed } from '../wire-format.ts';
import { FIRST_MESSAGE, readMessageIndexes, writeMessageIndexes } from './message-indexes.ts';
import { messageMisfit } from './message-misfit.ts';
import { nameOf, ProtoFile } from './proto-file.ts';
import type { ProtobufCodec, ProtobufOptions } from './protobuf.serde.ts';

export function protobufFormat<T>(options: ProtobufOptions<T>): SchemaFormat<T> {
  const { schema, message, codec, references = [] } = options;
  return {
    type: 'PROTOBUF',
    name: 'protobuf',
    schema: schema === undefined ? null : { type: 'PROTOBUF', text: schema, references },
    compile: (own) => (own === null ? readsAll<T>() : new CompiledProtobuf<T>(own, message, codec)),
  };
}

type Decode<T> = (bytes: Buffer) => T;

class CompiledProtobuf<T> implements CompiledFormat<T> {
  readonly recordName: string;
  readonly #codec: ProtobufCodec<T>;
  readonly #indexes: Buffer;

  constructor(own: ResolvedSchema, message: string | undefined, codec: ProtobufCodec<T> | undefined) {
    const { type, path } = new ProtoFile(own).named(message);
    this.recordName = nameOf(type);
    this.#codec = codec ?? plainObjects<T>(type);
    this.#indexes = writeMessageIndexes(path);
  }

  reader(writer: ResolvedSchema): Reader<T> {
    return byMessage(new ProtoFile(writer), (written) => {
      const name = nameOf(written);
      if (name !== this.recordName) throw new TypeError(`it is a ${name}, not a ${this.recordName}`);
      return (bytes) => this.#codec.decode(bytes);
    });
  }

  write(value: T, schemaId: number): Buffer {
    return framed(schemaId, Buffer.concat([this.#indexes, this.#codec.encode(value).finish()]));
  }
}

/** Each record as the message it was written as. */
function readsAll<T>(): CompiledFormat<T> {
  return {
    recordName: null,
    reader: (writer) =>
      byMessage(new ProtoFile(writer), (written) => {
        const codec = plainObjects<T>(written);
        return (bytes) => codec.decode(bytes);
      }),
    write() {
      throw new TypeError('there is no schema to write with');
    },
  };
}

/** Reads the indexes, and then the message with what was made for it. */
function byMessage<T>(file: ProtoFile, make: (written: Type) => Decode<T>): Reader<T> {
  const made = new Map<string, Decode<T>>();
  const decodeAt = (path: readonly number[]): Decode<T> => {
    const key = path.join('.');
    let decode = made.get(key);
    if (decode === undefined) {
      const type = file.at(path);
      made.set(key, (decode = withOwnBytes(type, make(type))));
    }
    return decode;
  };
  let decodeFirst: Decode<T> | null = null;
  return (buffer, start, end) => {
    if (start < end && buffer[start] === 0)
      return (decodeFirst ??= decodeAt(FIRST_MESSAGE))(buffer.subarray(start + 1, end));
    const { path, end: at } = readMessageIndexes(buffer, start, end);
    return decodeAt(path)(buffer.subarray(at, end));
  };
}

function plainObjects<T>(type: Type): ProtobufCodec<T> {
  const toObject = {
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    objects: true,
  };
  return {
    encode(value) {
      const misplaced = messageMisfit(type, value);
      if (misplaced !== null) throw misfit(nameOf(type), [misplaced]);
      return type.encode(type.fromObject(value as object));
    },
    decode: (bytes) => type.toObject(type.decode(bytes), toObject) as T,
  };
}

/** Bytes fields become views of what they are read from, which is the caller's. */
function withOwnBytes<T>(type: Type, decode: Decode<T>): Decode<T> {
  return hasBytes(type, new Set()) ? (bytes) => decode(Buffer.from(bytes)) : decode;
}

function hasBytes(type: Type, seen: Set<Type>): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  return type.fieldsArray.some(({ type: scalar, resolvedType }) =>
    resolvedType instanceof protobuf.Type ? hasBytes(resolvedType, seen) : scalar === 'bytes',
  );
}
