/** What a column may hold, and how values of JavaScript become those of Parquet. Every column may be null. */
import type { ParquetWriter } from 'hyparquet-writer';

/** | type | holds | takes |
 *  |---|---|---|
 *  | `boolean` | | true, false |
 *  | `int32`, `int64` | signed integers | a whole number, a bigint |
 *  | `float`, `double` | IEEE 754 | a number |
 *  | `string` | UTF-8 | a string |
 *  | `bytes` | any bytes | a Uint8Array |
 *  | `json` | a document as text | what JSON can write |
 *  | `date` | days since 1970 | a Date, epoch ms, ISO 8601 |
 *  | `timestamp` | ms since 1970, UTC | a Date, epoch ms, ISO 8601 |
 */
export type ParquetType =
  'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'string' | 'bytes' | 'json' | 'date' | 'timestamp';

/** The types of columns that take values of `T`, or null. */
export type ParquetTypeOf<T> = unknown extends T
  ? ParquetType
  : | 'json'
    | (T extends boolean
        ? 'boolean'
        : T extends number
          ? 'int32' | 'int64' | 'float' | 'double' | 'date' | 'timestamp'
          : T extends bigint
            ? 'int32' | 'int64'
            : T extends string
              ? 'string' | 'date' | 'timestamp'
              : T extends Uint8Array
                ? 'bytes'
                : T extends Date
                  ? 'date' | 'timestamp'
                  : never);

/** The columns that are written, in order, with types that take what a row of `R` has there. */
export type ParquetColumns<R extends object = Record<string, unknown>> = {
  readonly [C in keyof R & string]?: ParquetTypeOf<R[C]>;
};

/** As declared: name and type of each. */
export type Column = readonly [name: string, type: ParquetType];

type SchemaElement = ParquetWriter['schema'][number];
type Physical = Omit<SchemaElement, 'name' | 'repetition_type'>;

interface TypeOfColumn {
  readonly physical: Physical;
  /** A value that is not null, as it is kept until its row group is written. @throws Error that says what it takes */
  encode(value: unknown): unknown;
  /** Where the writer of Parquet takes something else than what is kept. */
  readonly forWriter?: (value: unknown) => unknown;
}

type Scalar = string | number | bigint | boolean;

const DAY_MS = 86_400_000;

const integer = (from: bigint, to: bigint) => (value: unknown) => {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!isWhole || value < from || value > to) throw new Error(`takes whole numbers from ${from} to ${to}`);
  return BigInt(value);
};
const int32 = integer(-(2n ** 31n), 2n ** 31n - 1n);
const floatingPoint = (value: unknown) => {
  if (typeof value === 'number') return value;
  throw new Error('takes numbers');
};
const epochMs = (value: unknown): number => {
  if (typeof value !== 'number' && typeof value !== 'string' && !(value instanceof Date)) {
    throw new Error('takes a Date, milliseconds since 1970, or ISO 8601');
  }
  const ms = typeof value === 'string' ? Date.parse(value) : Number(value);
  if (Number.isFinite(ms) && Number.isSafeInteger(Math.floor(ms))) return Math.floor(ms);
  throw new Error('takes a Date, milliseconds since 1970, or ISO 8601');
};
function jsonText(value: unknown): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch {
    // a bigint, or an object within itself
  }
  throw new Error('takes what JSON can write');
}

const TYPES: Readonly<Record<ParquetType, TypeOfColumn>> = {
  boolean: {
    physical: { type: 'BOOLEAN' },
    encode: (value) => {
      if (typeof value === 'boolean') return value;
      throw new Error('takes true and false');
    },
  },
  int32: { physical: { type: 'INT32' }, encode: (value) => Number(int32(value)) },
  int64: { physical: { type: 'INT64' }, encode: integer(-(2n ** 63n), 2n ** 63n - 1n) },
  float: { physical: { type: 'FLOAT' }, encode: floatingPoint },
  double: { physical: { type: 'DOUBLE' }, encode: floatingPoint },
  string: {
    physical: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    encode: (value) => {
      if (typeof value === 'string') return value;
      throw new Error('takes strings');
    },
  },
  bytes: {
    physical: { type: 'BYTE_ARRAY' },
    encode: (value) => {
      if (value instanceof Uint8Array) return Uint8Array.from(value); // the caller's buffer may be used again
      throw new Error('takes a Uint8Array');
    },
  },
  json: {
    physical: { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } },
    encode: jsonText,
    forWriter: (value) => (value === null ? null : JSON.parse(value as string)),
  },
  date: {
    physical: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
    encode: (value) => Math.floor(epochMs(value) / DAY_MS),
  },
  timestamp: {
    physical: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    encode: (value) => BigInt(epochMs(value)),
  },
};

export const PARQUET_TYPES: readonly string[] = Object.keys(TYPES);

/** @throws Error that names the column, and says what it takes */
export function encodeValue([name, type]: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  try {
    return TYPES[type].encode(value);
  } catch (error) {
    const found =
      typeof value === 'object' ? 'an object' : `${typeof value} ${String(value as Scalar).slice(0, 50)}`;
    throw new Error(`column ${name} is ${type} and ${(error as Error).message}, not ${found}`);
  }
}

export function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(([name, type]) => ({
      name,
      repetition_type: 'OPTIONAL' as const,
      ...TYPES[type].physical,
    })),
  ];
}

/** The kept values of a column, for the writer of Parquet. */
export function forWriter([, type]: Column, values: unknown[]): unknown[] {
  const { forWriter: convert } = TYPES[type];
  return convert === undefined ? values : values.map(convert);
}

/** About what a value takes in memory, to bound what is gathered. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length + 8;
  return 8;
}
