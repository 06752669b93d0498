/** The shape that documents have in common, as a schema: the same fields in the same order, each of one type, or null. What does not
 *  fit into one such shape has none. */
import type { ObjectField, SchemaNode } from './schema-node.ts';

/** Beyond that a reader would be more code than it is worth. */
const MAX_NODES = 200;
/** Of each array, looked at. */
const MAX_ITEMS = 16;

/** undefined: they have none. */
export function shapeOfAll(values: readonly unknown[]): SchemaNode | undefined {
  const budget = { nodes: MAX_NODES };
  const shape = mergeAll(values, budget);
  return budget.nodes >= 0 && shape?.kind === 'object' ? shape : undefined;
}

interface Budget {
  nodes: number;
}

function mergeAll(values: readonly unknown[], budget: Budget): SchemaNode | undefined {
  if (--budget.nodes < 0) return undefined;
  const given = values.filter((value) => value !== null);
  if (given.length === 0) return { kind: 'literal', values: [null] };
  const of = shapeOfGiven(given, budget);
  return of === undefined || given.length === values.length ? of : { kind: 'nullable', of };
}

function shapeOfGiven(values: readonly unknown[], budget: Budget): SchemaNode | undefined {
  const kind = kindOf(values[0]);
  if (values.some((value) => kindOf(value) !== kind)) return undefined;
  switch (kind) {
    case 'string':
      return { kind, minLength: 0 };
    case 'number':
    case 'boolean':
      return { kind };
    case 'array':
      return shapeOfArrays(values as readonly unknown[][], budget);
    case 'object':
      return shapeOfObjects(values as readonly Readonly<Record<string, unknown>>[], budget);
  }
}

function kindOf(value: unknown): 'string' | 'number' | 'boolean' | 'array' | 'object' {
  if (Array.isArray(value)) return 'array';
  return typeof value as 'string' | 'number' | 'boolean' | 'object';
}

function shapeOfArrays(values: readonly unknown[][], budget: Budget): SchemaNode | undefined {
  const of = mergeAll(
    values.flatMap((items) => items.slice(0, MAX_ITEMS)),
    budget,
  );
  return of === undefined ? undefined : { kind: 'array', of };
}

/** A field of the name `__proto__` is none that straight code could set. */
function shapeOfObjects(
  values: readonly Readonly<Record<string, unknown>>[],
  budget: Budget,
): SchemaNode | undefined {
  const names = Object.keys(values[0]!);
  const isLikeFirst = (other: readonly string[]) =>
    other.length === names.length && other.every((name, i) => name === names[i]);
  if (names.includes('__proto__') || !values.every((value) => isLikeFirst(Object.keys(value))))
    return undefined;
  const fields: ObjectField[] = [];
  for (const name of names) {
    const node = mergeAll(
      values.map((value) => value[name]),
      budget,
    );
    if (node === undefined) return undefined;
    fields.push({ name, node, optional: false });
  }
  return { kind: 'object', fields };
}
