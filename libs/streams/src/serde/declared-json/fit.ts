/** What a parsed value must be: the meaning of a schema. Readers and the writer are faster ways to the same answer.
 *  F1 Objects come out with the declared fields alone, in the declared order: others are left behind, absent optional ones absent.
 *  F2 Numbers are finite: JSON has no NaN, but `1e999` is read as Infinity. */
import { DeserializationError } from '../../errors/streams.error.ts';
import type { JsonScalar, NodeOf, ObjectField, SchemaNode } from './schema-node.ts';

/** The value as the schema gives it; undefined, which no JSON is, when it does not fit. */
export type Fit = (value: unknown) => unknown;

export function fitting(node: SchemaNode): Fit {
  switch (node.kind) {
    case 'string':
      return (value) => (typeof value === 'string' && value.length >= node.minLength ? value : undefined);
    case 'number':
      return (value) => (Number.isFinite(value) ? value : undefined);
    case 'integer':
      return (value) => (Number.isSafeInteger(value) ? value : undefined);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined);
    case 'literal':
      return (value) => node.values.find((literal) => literal === value);
    case 'scalar':
      return (value) => (isScalar(value) ? node.convert(value) : undefined);
    case 'nullable':
      return fittingNullable(fitting(node.of));
    case 'array':
      return fittingArray(fitting(node.of));
    case 'object':
      return fittingObject(node);
  }
}

function isScalar(value: unknown): value is JsonScalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  );
}

function fittingNullable(fit: Fit): Fit {
  return (value) => (value === null ? null : fit(value));
}

function fittingArray(fit: Fit): Fit {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items: unknown[] = [];
    for (const item of value) {
      const fitted = fit(item);
      if (fitted === undefined) return undefined;
      items.push(fitted);
    }
    return items;
  };
}

function fittingObject({ fields }: NodeOf<'object'>): Fit {
  const parts = fields.map((field) => ({ ...field, get: getter(field.name), fit: fitting(field.node) }));
  return (value) => {
    if (!isObject(value)) return undefined;
    const object: Record<string, unknown> = {};
    for (const { name, optional, get, fit } of parts) {
      const found = get(value);
      if (found === undefined && optional) continue;
      const fitted = fit(found);
      if (fitted === undefined) return undefined;
      object[name] = fitted;
    }
    return object;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field named as something that every object inherits is its own or absent. */
function getter(name: string): (of: Readonly<Record<string, unknown>>) => unknown {
  return name in Object.prototype
    ? (object) => (Object.hasOwn(object, name) ? object[name] : undefined)
    : (object) => object[name];
}

/** Fits, or throws what `refuse` makes of all places that do not: what must be there, and what is. */
export function requiring(node: SchemaNode, refuse: (faults: string) => Error = refuseToRead): Fit {
  const fit = fitting(node);
  return (value) => {
    const fitted = fit(value);
    if (fitted === undefined) throw refuse(faultsOf(node, value).map(describe).join('; '));
    return fitted;
  };
}

function refuseToRead(faults: string): Error {
  return new DeserializationError(`does not fit the schema: ${faults}`);
}

/** One place that does not fit. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function describe({ path, message }: Fault): string {
  return `${path.length === 0 ? 'the value' : path.join('.')} ${message}`;
}

export function faultsOf(node: SchemaNode, value: unknown, path: Fault['path'] = []): Fault[] {
  if (value === null && node.kind === 'nullable') return [];
  if (typeof value === 'object' && node.kind === 'nullable') return faultsOf(node.of, value, path);
  if (node.kind === 'array' && Array.isArray(value)) {
    return value.flatMap((item, index) => faultsOf(node.of, item, [...path, index]));
  }
  if (node.kind === 'object' && isObject(value)) {
    return node.fields.flatMap((field) => fieldFaults(field, value, path));
  }
  if (fitting(node)(value) !== undefined) return [];
  return [{ path, message: `must be ${expected(node)}, but is ${show(value)}` }];
}

function fieldFaults(
  field: ObjectField,
  of: Readonly<Record<string, unknown>>,
  path: Fault['path'],
): Fault[] {
  const value = getter(field.name)(of);
  return value === undefined && field.optional ? [] : faultsOf(field.node, value, [...path, field.name]);
}

function expected(node: SchemaNode): string {
  switch (node.kind) {
    case 'string':
      return expectedText(node.minLength);
    case 'number':
      return 'a finite number';
    case 'integer':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    case 'literal':
      return node.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'scalar':
      return node.expected;
    case 'nullable':
      return `${expected(node.of)} or null`;
    case 'array':
      return 'a list';
    case 'object':
      return 'a JSON object';
  }
}

function expectedText(minLength: number): string {
  if (minLength === 0) return 'a text';
  return minLength === 1 ? 'a text that is not empty' : `a text of at least ${minLength} characters`;
}

const SHOWN = 60;

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
