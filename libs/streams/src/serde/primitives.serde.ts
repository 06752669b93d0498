/** Texts, numbers and bytes, as Kafka's own serializers write them. */
import type { Bytes } from '../record/record.ts';
import { asBuffer, requireLength } from './bytes.ts';
import type { Serde } from './serde.ts';
import { textOf } from './short-texts.ts';
import { writesStraight } from './value-writer.ts';

const STRING: Serde<string> = writesStraight(
  {
    format: 'string',
    serialize: (value) => Buffer.from(value, 'utf8'),
    deserialize: (bytes) => textOf(asBuffer(bytes), 0, bytes.length),
    deserializeRange: textOf,
  },
  (value, out) => out.text(value),
);
const DOUBLE: Serde<number> = writesStraight(
  {
    format: 'double',
    serialize(value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleBE(value, 0);
      return bytes;
    },
    deserialize: (bytes) => readDouble(asBuffer(bytes), 0, bytes.length),
    deserializeRange: readDouble,
  },
  (value, out) => out.double(value),
);
const LONG: Serde<bigint> = {
  format: 'long',
  serialize(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(value, 0);
    return bytes;
  },
  deserialize: (bytes) => readLong(asBuffer(bytes), 0, bytes.length),
  deserializeRange: readLong,
};
const BYTES: Serde<Bytes> = {
  format: 'bytes',
  serialize: (value) => value,
  deserialize: (bytes) => Buffer.from(bytes),
};

/** UTF-8 text, as Kafka's StringSerializer. */
export function string(): Serde<string> {
  return STRING;
}
/** float64, 8 bytes big endian, as Kafka's DoubleSerializer. */
export function double(): Serde<number> {
  return DOUBLE;
}
/** int64, 8 bytes big endian, as Kafka's LongSerializer. */
export function long(): Serde<bigint> {
  return LONG;
}
/** Bytes as they are; what is read is a copy. */
export function bytes(): Serde<Bytes> {
  return BYTES;
}

function readDouble(buffer: Buffer, start: number, end: number): number {
  requireLength('double', 8, end - start);
  return buffer.readDoubleBE(start);
}
function readLong(buffer: Buffer, start: number, end: number): bigint {
  requireLength('long', 8, end - start);
  return buffer.readBigInt64BE(start);
}
