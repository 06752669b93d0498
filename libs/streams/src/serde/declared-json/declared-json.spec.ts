import { describe, expect, it } from '@jest/globals';
import { deepStrictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { anyNode, scalar, valueOf } from '../../../test/support/schema-arbitrary.ts';
import { composeReader } from './closure-reader.ts';
import { jsonReader, jsonWriter } from './declared-json.ts';
import { requiring } from './fit.ts';
import { generateReader, type PlainReader } from './generated-reader.ts';
import { generateWriter } from './generated-writer.ts';
import { PlainText } from './plain-text.ts';
import { Scan } from './scan.ts';
import type { ObjectField, SchemaNode } from './schema-node.ts';

const NUM_RUNS = 2_000;

/** Ways in which other producers write the same, and in which bytes break. */
type Change = (json: string) => string;
const spaced: Change = (json) => json.replaceAll(/([:,])(?=["\d{[tfn-])/g, '$1 ');
const notations = fc.constantFrom<Change>(
  (json) => json,
  spaced,
  (json) => JSON.stringify(JSON.parse(json), null, 2),
  (json) => JSON.stringify(JSON.parse(json), null, '\t'),
  (json) => ` ${json}\n`,
  (json) => json.replaceAll(/[a-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (json) => json.replaceAll(/(\d)(?=[,}\]])/g, '$1e0'),
  (json) => json.replaceAll(/(\d)(?=[,}\]])/g, '$1.0'),
  (json) => json.replaceAll(/(\d)(?=[,}\]])/g, '$1E+400'),
  (json) => json.replaceAll(/(\d)(?=[,}\]])/g, '$112345678901234567890'),
  (json) => json.replaceAll(/([:,[])(\d)/g, '$1-$2'),
  (json) => json.replaceAll(/([:,[])(\d)/g, '$10$2'),
  (json) => json.replace('{', '{"__proto__":{"x":1},'),
  (json) => json.replace('{', '{"a":1,"a":2,'),
  (json) => json.replace('}', ',"z":{"y":[null]}}'),
  (json) => json.replace('}', ',}'),
  (json) => json.replaceAll('"', "'"),
  (json) => '['.repeat(2_000) + json,
);
const mutation = fc.record({
  kind: fc.constantFrom('set', 'insert', 'remove', 'cut'),
  at: fc.nat(),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\{}[]:,. -+eE019'))),
});
function mutate(bytes: Buffer, { kind, at, byte }: { kind: string; at: number; byte: number }): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  if (kind === 'cut') return Buffer.from(before);
  const after = bytes.subarray(kind === 'insert' ? place : place + 1);
  return Buffer.concat([before, kind === 'remove' ? Buffer.alloc(0) : Buffer.from([byte]), after]);
}

/** What came out, with everything in which two results can differ: order of fields, -0, the message. */
function outcome(read: () => unknown): unknown {
  try {
    const value = read();
    return { value, order: JSON.stringify(value) };
  } catch (error) {
    return { error: (error as Error).constructor.name, message: (error as Error).message };
  }
}

const readers = {
  'the generated reader': generateReader,
  'the reader of closures': composeReader,
};
/** Plain answers of all runs: the comparison is worth nothing when there are none. */
function comparing(make: (node: SchemaNode, scan: Scan) => PlainReader) {
  let plainAnswers = 0;
  const made = new Map<SchemaNode, PlainReader>();
  const compare = (node: SchemaNode, bytes: Buffer): void => {
    const plain = made.get(node) ?? make(node, new Scan());
    made.set(node, plain);
    const require = requiring(node);
    const long = () => require(JSON.parse(bytes.toString('utf8')));
    const expected = outcome(long);
    // Among neighbours that a reader which runs over the end would take for its own.
    for (const [before, after] of [
      ['', ''],
      ['{"', '"}]0'],
      ['12', '34'],
      ['', '"'],
      ['[', ',1]'],
    ] as const) {
      const within = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
      const start = before.length;
      const end = start + bytes.length;
      const answered = plain(within, start, end);
      if (answered !== undefined) plainAnswers++;
      deepStrictEqual(
        outcome(() => (answered === undefined ? long() : answered)),
        expected,
      );
    }
  };
  return { compare, plainAnswers: () => plainAnswers };
}

describe.each(Object.entries(readers))('J1 %s gives what the schema makes of JSON.parse', (_, make) => {
  it('for documents in any notation', () => {
    const { compare, plainAnswers } = comparing(make);
    const documents = anyNode.chain((node) => fc.tuple(fc.constant(node), valueOf(node), notations));
    fc.assert(
      fc.property(documents, ([node, value, notate]) =>
        compare(node, Buffer.from(notate(JSON.stringify(value)))),
      ),
      { numRuns: NUM_RUNS },
    );
    expect(plainAnswers()).toBeGreaterThan(NUM_RUNS);
  });

  it('for bytes that were damaged anywhere', () => {
    const { compare, plainAnswers } = comparing(make);
    const documents = anyNode.chain((node) =>
      fc.tuple(fc.constant(node), valueOf(node), fc.boolean(), fc.array(mutation, { maxLength: 3 })),
    );
    fc.assert(
      fc.property(documents, ([node, value, withSpaces, mutations]) => {
        const json = JSON.stringify(value);
        compare(node, mutations.reduce(mutate, Buffer.from(withSpaces ? spaced(json) : json)));
      }),
      { numRuns: NUM_RUNS },
    );
    expect(plainAnswers()).toBeGreaterThan(NUM_RUNS / 2);
  });

  it('for numbers in every notation', () => {
    const { compare, plainAnswers } = comparing(make);
    const numbers: readonly SchemaNode[] = [{ kind: 'number' }, { kind: 'integer' }, scalar];
    const lists = new Map(numbers.map((of): [SchemaNode, SchemaNode] => [of, { kind: 'array', of }]));
    const digits = (max: number) => fc.stringMatching(new RegExp(`^\\d{0,${max}}$`));
    const notation = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        digits(20),
        fc.constantFrom('', '.'),
        digits(20),
        fc.constantFrom('', 'e', 'E-', 'e+'),
        digits(4),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(notation, fc.constantFrom<SchemaNode>(...numbers), (json, node) => {
        compare(node, Buffer.from(json));
        compare(lists.get(node)!, Buffer.from(`[${json},${json}]`));
      }),
      { numRuns: NUM_RUNS },
    );
    expect(plainAnswers()).toBeGreaterThan(NUM_RUNS / 2);
  });

  it.each([
    '',
    '\xff',
    '{"a":"\xc3"}',
    '{"a":"\xed\xa0\x80"}',
    '{"a":"\xf0\x9f\x8c"}',
    '{"a":"\xc0\xaf"}',
    '\ufeff{"a":"x"}',
  ])('for bytes that are no UTF-8, or begin with a mark: %j', (latin1) => {
    const { compare } = comparing(make);
    const field: ObjectField = { name: 'a', node: { kind: 'string', minLength: 0 }, optional: false };
    compare({ kind: 'object', fields: [field] }, Buffer.from(latin1, 'latin1'));
    compare({ kind: 'object', fields: [field] }, Buffer.from(latin1, 'utf8'));
  });
});

describe('J2 the generated writer', () => {
  it('writes what JSON.stringify makes of a value that fits, and refuses the others', () => {
    let plainAnswers = 0;
    const values = anyNode.chain((node) => fc.tuple(fc.constant(node), valueOf(node)));
    fc.assert(
      fc.property(values, ([node, value]) => {
        const require = requiring(node);
        const bytes = generateWriter(node, new PlainText())(value);
        const long = () => JSON.stringify(require(value));
        deepStrictEqual(
          outcome(() => (bytes === undefined ? long() : bytes.toString())),
          outcome(long),
        );
        if (bytes !== undefined) plainAnswers++;
      }),
      { numRuns: NUM_RUNS },
    );
    expect(plainAnswers).toBeGreaterThan(NUM_RUNS / 4);
  });

  it('writes numbers as JavaScript does', () => {
    const out = new PlainText();
    const write = generateWriter({ kind: 'number' }, out);
    const rounded = fc
      .tuple(fc.maxSafeInteger(), fc.nat(9))
      .map(([digits, decimals]) => Number(`${digits}e-${decimals}`));
    const numbers = fc.oneof(
      rounded,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constantFrom(
        -0,
        0.001,
        0.0005,
        1e15,
        1e15 - 0.125,
        1e8,
        1e8 - 1,
        99_999_999.999,
        1e21,
        5e-324,
        1e12 + 0.001,
      ),
    );
    fc.assert(
      fc.property(numbers, (value) => expect(write(value)?.toString()).toBe(JSON.stringify(value))),
      { numRuns: NUM_RUNS * 5 },
    );
  });

  it('leaves alone what it wrote before', () => {
    const node: SchemaNode = { kind: 'array', of: { kind: 'string', minLength: 0 } };
    const write = jsonWriter(node);
    const lists = Array.from({ length: 400 }, (_, i) =>
      Array.from({ length: i % 40 }, () => 'x'.repeat((i * 7) % 300)),
    );
    const written = lists.map((list) => write(list));
    expect(written.map(String)).toEqual(lists.map((list) => JSON.stringify(list)));
  });

  it('says what does not fit', () => {
    const write = jsonWriter({ kind: 'number' });
    expect(() => write(NaN)).toThrow(
      new TypeError(
        'Cannot write this as JSON: it does not fit the schema: the value must be a finite number, but is NaN',
      ),
    );
  });
});

describe('jsonReader', () => {
  const node: SchemaNode = {
    kind: 'object',
    fields: [{ name: 'a', node: { kind: 'string', minLength: 0 }, optional: false }],
  };
  const read = (bytes: Buffer) => jsonReader(node)(bytes, 0, bytes.length);

  it('reads texts of every length, again and again', () => {
    for (let round = 0; round < 2; round++) {
      for (let length = 0; length < 100; length++) {
        for (const letter of 'abc')
          expect(read(Buffer.from(`{"a":"${letter.repeat(length)}"}`))).toEqual({ a: letter.repeat(length) });
      }
    }
  });

  it('reads the same where the process allows no code from strings', () => {
    const script = `import { json } from '${new URL('../json.serde.ts', import.meta.url).href}';
      import { schema } from '${new URL('./schema.ts', import.meta.url).href}';
      const serde = json(schema.object({ a: schema.string(), b: schema.optional(schema.number()) }));
      console.log(JSON.stringify(['{"a":"x","b":1.5}', '{ "b": 2, "a": "y" }'].map((text) => serde.deserialize(Buffer.from(text)))));`;
    const flags = [
      '--disallow-code-generation-from-strings',
      '--conditions=hf-source',
      '--input-type=module',
    ];
    const printed = execFileSync(process.execPath, [...flags, '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(JSON.parse(printed)).toEqual([
      { a: 'x', b: 1.5 },
      { a: 'y', b: 2 },
    ]);
  });

  it('names the field, what it must be and what it is', () => {
    expect(() => read(Buffer.from('{"a":1}'))).toThrow('does not fit the schema: a must be a text, but is 1');
    expect(() => read(Buffer.from('{"b":1}'))).toThrow(
      'does not fit the schema: a must be a text, but is missing',
    );
    expect(() => read(Buffer.from('[]'))).toThrow(
      'does not fit the schema: the value must be a JSON object, but is []',
    );
  });
});
