/** Schemas, and values for them: most fit, some do not. */
import fc from 'fast-check';
import type { ObjectField, SchemaNode } from '../../src/serde/declared-json/schema-node.ts';

/** Names without a backslash: once V8 13.6 has seen objects with the keys `"` and `\`, its JSON.parse takes one for the other. */
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'temperature',
    'constructor',
    'toString',
    'hasOwnProperty',
    '1',
    '',
    '"',
    'ü',
    '温',
  ),
  fc.string({ maxLength: 4 }).filter((text) => !text.includes('\\')),
);
export const scalar: SchemaNode = {
  kind: 'scalar',
  expected: 'a positive number or a text',
  convert: (value) => (typeof value === 'string' || Number(value) > 0 ? value : undefined),
};
const { node } = fc.letrec<{ node: SchemaNode; object: SchemaNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<SchemaNode>(
      { kind: 'number' },
      { kind: 'integer' },
      { kind: 'boolean' },
      { kind: 'string', minLength: 0 },
      { kind: 'string', minLength: 2 },
      { kind: 'literal', values: ['ok', 'bad', 'ü', 7, null, true, -1.5] },
      scalar,
    ),
    tie('object'),
    tie('node').map((of): SchemaNode => ({ kind: 'array', of })),
    tie('node').map((of): SchemaNode => ({ kind: 'nullable', of })),
  ),
  object: fc
    .uniqueArray(fc.record({ name, node: tie('node'), optional: fc.boolean() }), {
      selector: (field) => field.name,
      maxLength: 5,
    })
    .map((fields): SchemaNode => ({ kind: 'object', fields: inOrderOfObjects(fields) })),
}));

export const anyNode = node;

/** As `schema.object` gets them: names that are indexes come first. */
function inOrderOfObjects(fields: readonly ObjectField[]): readonly ObjectField[] {
  return Object.values(Object.fromEntries(fields.map((field) => [field.name, field])));
}

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('ok', '\ud800', '\udc00x', '\u2028', '\ufeff', '\u007f', 'x'.repeat(40), '🌡'),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.tuple(fc.maxSafeInteger(), fc.nat(18)).map(([digits, decimals]) => digits / 10 ** decimals),
  fc.constantFrom(0, -0, 1e21, 5e-324, Number.MAX_VALUE),
);
/** What fits the schema, most of the time. */
export function valueOf(node: SchemaNode): fc.Arbitrary<unknown> {
  const fitting = fittingValue(node);
  return fc.oneof({ weight: 30, arbitrary: fitting }, { weight: 1, arbitrary: fc.jsonValue() });
}
function fittingValue(node: SchemaNode): fc.Arbitrary<unknown> {
  switch (node.kind) {
    case 'string':
      return text;
    case 'number':
      return number;
    case 'integer':
      return fc.maxSafeInteger();
    case 'boolean':
      return fc.boolean();
    case 'literal':
      return fc.constantFrom(...node.values);
    case 'scalar':
      return fc.oneof(text, number, fc.boolean());
    case 'nullable':
      return fc.oneof(fc.constant(null), valueOf(node.of));
    case 'array':
      return fc.array(valueOf(node.of), { maxLength: 4 });
    case 'object':
      return objectValue(node.fields);
  }
}
function objectValue(fields: readonly ObjectField[]): fc.Arbitrary<unknown> {
  const members = fields.map(({ name: key, node, optional }) =>
    fc.tuple(fc.constant(key), valueOf(node), optional ? fc.boolean() : fc.constant(true)),
  );
  return fc.tuple(...members).map((all) => {
    return Object.fromEntries(all.filter(([, , given]) => given).map(([key, value]) => [key, value]));
  });
}
