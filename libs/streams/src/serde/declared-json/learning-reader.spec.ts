import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { anyNode, valueOf } from '../../../test/support/schema-arbitrary.ts';
import { LearningReader } from './learning-reader.ts';

const read = (reader: LearningReader, json: string): unknown => {
  const bytes = Buffer.from(`:${json}"`);
  return reader.read(bytes, 1, bytes.length - 1);
};
/** What came out, with everything in which two results can differ: order of fields, -0, the message. */
function outcome(parse: () => unknown): unknown {
  try {
    const value = parse();
    return { value, order: JSON.stringify(value) };
  } catch (error) {
    return { message: (error as Error).message };
  }
}
const change = fc.constantFrom<(json: string) => string>(
  (json) => json,
  (json) => json,
  (json) => json.replaceAll(/([:,])(?=["\d{[tfn-])/g, '$1 '),
  (json) => json.replaceAll(/(\d)(?=[,}\]])/g, '$1e0'),
  (json) => json.replaceAll(/:(\d)/g, ':-0$1'),
  (json) => json.replaceAll(/:"/g, ':"\\u0041'),
  (json) => json.replace('{', '{"__proto__":{"x":1},'),
  (json) => json.replace('{', '{"a":1,"a":2,'),
  (json) => json.replace('}', ',"z":null}'),
  (json) => json.slice(0, -1),
  (json) => `[${json}]`,
);

describe('LearningReader', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('reads what JSON.parse reads, before it has learned a shape and after', () => {
    const documents = anyNode.chain((node) =>
      fc.tuple(
        fc.array(valueOf(node), { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(valueOf(node), change), { maxLength: 8 }),
      ),
    );
    fc.assert(
      fc.property(documents, ([shaped, changed]) => {
        const reader = new LearningReader();
        const first = Array.from({ length: 64 }, (_, i) => JSON.stringify(shaped[i % shaped.length]));
        const others = changed.map(([value, alter]) => alter(JSON.stringify(value)));
        for (const json of [...first, ...others, ...first.slice(0, 8)])
          deepStrictEqual(
            outcome(() => read(reader, json)),
            outcome(() => JSON.parse(json)),
          );
      }),
      { numRuns: 500 },
    );
  });

  const sensor = (i: number) =>
    JSON.stringify({ id: `s-${i}`, at: i * 0.5, on: i % 2 === 0, tags: ['a'], none: null });
  const order = (i: number) =>
    JSON.stringify({ no: i, lines: [{ sku: 'x', n: i }], note: i % 3 === 0 ? null : 'n' });
  const readMany = (reader: LearningReader, make: (i: number) => string, count: number) =>
    Array.from({ length: count }, (_, i) => read(reader, make(i)));
  const parsed = () => jest.spyOn(JSON, 'parse');

  it('needs no JSON.parse once the documents turned out to have one shape', () => {
    const reader = new LearningReader();
    readMany(reader, sensor, 64);
    const parse = parsed();
    expect(readMany(reader, sensor, 3)[2]).toEqual({ id: 's-2', at: 1, on: true, tags: ['a'], none: null });
    expect(parse).not.toHaveBeenCalled();
  });

  it('learns anew when the shape changes, and gives up when it keeps changing', () => {
    const reader = new LearningReader();
    readMany(reader, sensor, 64);
    readMany(reader, order, 1_024 + 64);
    const parse = parsed();
    readMany(reader, order, 100);
    expect(parse).not.toHaveBeenCalled();
    for (let round = 0; round < 4; round++) {
      readMany(reader, sensor, 1_200);
      readMany(reader, order, 1_200);
    }
    parse.mockClear();
    readMany(reader, order, 100);
    expect(parse).toHaveBeenCalledTimes(100);
  });

  it('leaves documents without a common shape, and large ones, to JSON.parse', () => {
    for (const make of [
      (i: number) => JSON.stringify({ [`k${i}`]: i }),
      (i: number) => JSON.stringify({ x: i % 2 === 0 ? i : 'text' }),
      (i: number) => `{"__proto__":${i}}`,
      (i: number) => String(i),
      (i: number) => JSON.stringify({ long: 'x'.repeat(5_000), i }),
    ]) {
      const reader = new LearningReader();
      readMany(reader, make, 300);
      const parse = parsed();
      expect(read(reader, make(7))).toEqual(JSON.parse(make(7)));
      expect(parse).toHaveBeenCalledTimes(2);
      parse.mockRestore();
    }
  });

  it('keeps nothing of what the caller may change', () => {
    const reader = new LearningReader();
    for (const value of readMany(reader, sensor, 63)) (value as Record<string, unknown>)['id'] = 1;
    readMany(reader, sensor, 1);
    const parse = parsed();
    expect(read(reader, sensor(9))).toMatchObject({ id: 's-9' });
    expect(parse).not.toHaveBeenCalled();
  });
});
