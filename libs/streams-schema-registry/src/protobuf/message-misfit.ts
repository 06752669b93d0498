/** Where an object is not what a message's fields say. protobuf.js itself would make a 0 of a text, and leave out what it does not know. */
import protobuf, { type Field, type Type } from 'protobufjs';
import { nameOf } from './proto-file.ts';

export interface Misplaced {
  readonly path: string;
  readonly expected: string;
}

/** The first place; null: it fits. */
export function messageMisfit(type: Type, value: unknown, path = ''): Misplaced | null {
  if (typeof value !== 'object' || value === null) return { path, expected: `must be a ${nameOf(type)}` };
  const row = value as Readonly<Record<string, unknown>>;
  const inside = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(row))
    if (!(name in type.fields)) return { path: inside(name), expected: `is no field of ${nameOf(type)}` };
  for (const field of type.fieldsArray) {
    const own = row[field.name];
    const found = own === undefined || own === null ? missing(field) : fieldMisfit(field, own);
    if (found !== null) return { ...found, path: `${inside(field.name)}${found.path}` };
  }
  return null;
}

function missing({ required }: Field): Misplaced | null {
  return required ? { path: '', expected: 'is missing' } : null;
}

function fieldMisfit(field: Field, value: unknown): Misplaced | null {
  if (field.map) return isObject(value) ? firstOf(field, Object.entries(value)) : must('be an object');
  if (field.repeated) return Array.isArray(value) ? firstOf(field, [...value.entries()]) : must('be a list');
  return itemMisfit(field, value);
}

function firstOf(field: Field, items: readonly (readonly [string | number, unknown])[]): Misplaced | null {
  for (const [at, item] of items) {
    const found = itemMisfit(field, item);
    if (found !== null) return { ...found, path: `.${at}${found.path}` };
  }
  return null;
}

function itemMisfit(field: Field, value: unknown): Misplaced | null {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) {
    const found = messageMisfit(resolvedType, value);
    return found === null ? null : { ...found, path: found.path === '' ? '' : `.${found.path}` };
  }
  if (resolvedType !== null) {
    const { values, valuesById } = resolvedType;
    const isThere =
      typeof value === 'string' ? value in values : typeof value === 'number' && value in valuesById;
    return isThere ? null : must(`be one of ${Object.keys(values).slice(0, 10).join(', ')}`);
  }
  return SCALARS[field.type]?.(value) === false ? must(`be a ${field.type}`) : null;
}

const must = (what: string): Misplaced => ({ path: '', expected: `must ${what}` });
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isInt32 = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value;
const isUint32 = (value: unknown): boolean => typeof value === 'number' && value >>> 0 === value;
const isInt64 = (value: unknown): boolean =>
  isWhole(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
const isUint64 = (value: unknown): boolean =>
  isWhole(value) && BigInt.asUintN(64, BigInt(value)) === BigInt(value);

/** A 64-bit integer is a decimal text, or a number that is exact. */
function isWhole(value: unknown): value is number | string {
  return typeof value === 'string' ? /^-?\d+$/.test(value) : Number.isSafeInteger(value);
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  double: isNumber,
  float: isNumber,
  int32: isInt32,
  sint32: isInt32,
  sfixed32: isInt32,
  uint32: isUint32,
  fixed32: isUint32,
  int64: isInt64,
  sint64: isInt64,
  sfixed64: isInt64,
  uint64: isUint64,
  fixed64: isUint64,
  bool: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  bytes: (value) => value instanceof Uint8Array,
};
