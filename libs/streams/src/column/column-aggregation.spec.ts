import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SerdeContext } from '../serde/serde.ts';
import { avg, count, max, min, sum, type DeclaredAggregate } from './aggregate.ts';
import { col } from './column.ts';
import { compileAggregation } from './column-aggregation.ts';
import type { Row } from './compiled-expression.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const declared = (...aggregates: readonly unknown[]) => aggregates as readonly DeclaredAggregate[];

function aggregate(aggregates: readonly DeclaredAggregate[], rows: readonly Row[]): Row {
  const aggregation = compileAggregation(aggregates);
  const accumulator = rows.reduce(aggregation.add, aggregation.initializer());
  return aggregation.row(accumulator, null, null);
}

const ofX = declared(
  count('*').alias('rows'),
  count('x').alias('values'),
  avg('x').alias('avg'),
  sum('x').alias('sum'),
  min('x').alias('min'),
  max('x').alias('max'),
);

/** The same from all values at once, the obvious way. */
function naive(rows: readonly Row[]) {
  const given = rows.map((row) => row['x']).filter((x) => x !== null && x !== undefined);
  const numbers = given.filter((x) => !Number.isNaN(x)) as number[];
  const total = numbers.reduce((left, right) => left + right, 0);
  const none = numbers.length === 0;
  return {
    rows: rows.length,
    values: given.length,
    avg: none ? null : total / numbers.length,
    sum: none ? null : total,
    min: none ? null : Math.min(...numbers),
    max: none ? null : Math.max(...numbers),
  };
}

const number = fc.double({ noNaN: false, min: -1e300, max: 1e300 }).map((x) => (x === 0 ? 0 : x));
const maybeNumber = fc.oneof({ arbitrary: number, weight: 3 }, fc.constantFrom(null, undefined));
const rowsOf = (values: fc.Arbitrary<unknown>) => fc.array(values.map((x): Row => ({ x })));

describe('column aggregates', () => {
  it('equal a recomputation from all values', () => {
    fc.assert(
      fc.property(rowsOf(maybeNumber), (rows) => {
        expect(aggregate(ofX, rows)).toEqual(naive(rows));
      }),
    );
  });

  it('merge as if all rows had gone into one', () => {
    const whole = rowsOf(fc.oneof(fc.integer(), fc.constantFrom(null, undefined, NaN)));
    const texts = rowsOf(fc.oneof(fc.string(), fc.constantFrom(null)));
    const ofTexts = declared(min('x').alias('min'), max('x').alias('max'), count('x').alias('n'));
    const merged = (
      aggregates: readonly DeclaredAggregate[],
      left: readonly Row[],
      right: readonly Row[],
    ) => {
      const { initializer, add, merge, row } = compileAggregation(aggregates);
      return row(merge(left.reduce(add, initializer()), right.reduce(add, initializer())), null, null);
    };
    fc.assert(
      fc.property(whole, whole, texts, texts, (left, right, before, after) => {
        expect(merged(ofX, left, right)).toEqual(aggregate(ofX, [...left, ...right]));
        expect(merged(ofTexts, before, after)).toEqual(aggregate(ofTexts, [...before, ...after]));
      }),
    );
  });

  it('go on exactly where a stored accumulator stopped', () => {
    fc.assert(
      fc.property(rowsOf(maybeNumber), rowsOf(maybeNumber), (before, after) => {
        const { initializer, add, row, serde } = compileAggregation(ofX);
        const stored = serde.serialize(before.reduce(add, initializer()), context);
        const within = Buffer.concat([Buffer.from('xyz'), stored, Buffer.from('!')]);
        for (const restored of [
          serde.deserialize(new Uint8Array(stored), context),
          serde.deserializeRange!(within, 3, 3 + stored.length, context),
        ]) {
          const result = row(after.reduce(add, restored), null, null);
          expect(result).toEqual(aggregate(ofX, [...before, ...after]));
        }
      }),
    );
  });

  it('find the least and greatest of texts, bigints and dates, before and after storing', () => {
    const extremes = declared(min('x').alias('min'), max('x').alias('max'));
    const kinds: fc.Arbitrary<unknown[]>[] = [
      fc.array(fc.string(), { minLength: 1 }),
      fc.array(fc.bigInt(), { minLength: 1 }),
      fc.array(fc.date({ noInvalidDate: true }), { minLength: 1 }),
    ];
    fc.assert(
      fc.property(fc.oneof(...kinds), fc.nat(), (values, cut) => {
        const { initializer, add, row, serde } = compileAggregation(extremes);
        const rows = values.map((x) => ({ x }));
        const at = cut % (rows.length + 1);
        const stored = serde.serialize(rows.slice(0, at).reduce(add, initializer()), context);
        const result = row(rows.slice(at).reduce(add, serde.deserialize(stored, context)), null, null);
        const sorted = values.toSorted((a, b) =>
          (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0,
        );
        expect(result).toEqual({ min: sorted[0], max: sorted.at(-1) });
      }),
    );
  });

  it('skip nulls and NaN, and are null over nothing else', () => {
    const rows = [{ x: null }, {}, { x: NaN }];
    expect(aggregate(ofX, rows)).toEqual({ rows: 3, values: 1, avg: null, sum: null, min: null, max: null });
    expect(aggregate(ofX, [...rows, { x: 4 }])).toMatchObject({ avg: 4, sum: 4, min: 4, max: 4 });
  });

  it('take expressions', () => {
    const fahrenheit = declared(avg(col('c').times(9).dividedBy(5).plus(32)).alias('f'));
    expect(aggregate(fahrenheit, [{ c: 10 }, { c: 30 }])).toEqual({ f: 68 });
  });

  it('set their columns in the order written', () => {
    const both = declared(max('x').alias('b'), min('x').alias('a'));
    expect(Object.keys(aggregate(both, [{ x: 1 }]))).toEqual(['b', 'a']);
  });

  it('share no Date with the rows they came from or go to', () => {
    const { initializer, add, row } = compileAggregation(declared(max('x').alias('last')));
    const at = new Date(5);
    const accumulator = add(initializer(), { x: at });
    const first = row(accumulator, null, null);
    at.setTime(1);
    (first['last'] as Date).setTime(2);
    expect(row(accumulator, null, null)).toEqual({ last: new Date(5) });
  });

  it.each([
    [
      'avg',
      avg('x').alias('r'),
      [{ x: 1 }, { x: '2' }],
      'Cannot compute avg(x) as r: x is a string, not a number.',
    ],
    ['min', min('x').alias('r'), [{ x: true }], 'Cannot compute min(x) as r: x is a boolean'],
    ['min', min('x').alias('r'), [{ x: {} }], 'Cannot compute min(x) as r: x is Object'],
    ['max', max('x').alias('r'), [{ x: 1 }, { x: 'a' }], 'not a number like those before'],
    ['max', max('x').alias('r'), [{ x: 'a' }, { x: 1 }], 'not a string like those before'],
    [
      'max',
      max('x').alias('r'),
      [{ x: 'a' }, { x: new Date(1) }],
      'x is Date, not a string like those before',
    ],
  ])('refuse a value of the wrong type: %s', (_name, one, rows, message) => {
    expect(() => aggregate(declared(one), rows as Row[])).toThrow(message);
  });

  it('leave nothing of a row behind that one of them refused', () => {
    const aggregates = declared(
      count('*').alias('n'),
      sum('a').alias('a'),
      max('text').alias('text'),
      avg('b').alias('b'),
    );
    const { initializer, add, row } = compileAggregation(aggregates);
    const accumulator = add(initializer(), { a: 1, text: 'm', b: 2 });
    expect(() => add(accumulator, { a: 10, text: 'z', b: 'wrong' })).toThrow(TypeError);
    expect(row(accumulator, null, null)).toEqual({ n: 1, a: 1, text: 'm', b: 2 });
  });

  it('take nothing of a row out again when one of them cannot read it', () => {
    const aggregates = declared(sum('a').alias('a'), sum(col('b').plus(1)).alias('b'), count('*').alias('n'));
    const { initializer, add, subtract, row } = compileAggregation(aggregates);
    const accumulator = add(initializer(), { a: 5, b: 1 });
    expect(() => subtract(accumulator, { a: 1, b: 'wrong' })).toThrow(TypeError);
    expect(row(accumulator, null, null)).toEqual({ a: 5, b: 2, n: 1 });
  });

  it('refuse state of other aggregates', () => {
    const stored = compileAggregation(ofX).serde.serialize(compileAggregation(ofX).initializer(), context);
    const others = compileAggregation(declared(...ofX.toReversed())).serde;
    expect(() => others.deserialize(stored, context)).toThrow(
      'the aggregates were changed under the same store name',
    );
    expect(() => others.deserialize(Buffer.alloc(3), context)).toThrow('these bytes are no state of');
  });

  it('put the columns of the group and of the window in front', () => {
    const last = declared(max('x').alias('last'));
    const both = compileAggregation(last, { names: ['a', 'b'], isKey: false });
    const window = { startMs: 30_000, endMs: 60_000 };
    for (const x of [4, 'text']) {
      const rowOf = both.row(both.add(both.initializer(), { x }), { b: 2, a: 1 }, window);
      expect(Object.entries(rowOf)).toEqual([
        ['a', 1],
        ['b', 2],
        ['window_start', 30_000],
        ['window_end', 60_000],
        ['last', x],
      ]);
    }
    const own = compileAggregation(last, { names: ['it'], isKey: true });
    expect(own.row(own.initializer(), 'k', null)).toEqual({ it: 'k', last: null });
  });

  it('are the same where the process allows no code from strings', () => {
    const script = `import { avg, count, max, sum } from '${new URL('./aggregate.ts', import.meta.url).href}';
      import { col, when } from '${new URL('./column.ts', import.meta.url).href}';
      import { compileAggregation } from '${new URL('./column-aggregation.ts', import.meta.url).href}';
      const { initializer, add, row } = compileAggregation([
        avg('x').alias('mean'), max('x').alias('high'), count('x').alias('given'), count('*').alias('rows'),
        sum(when(col('x').gt(2), 10).when(col('y'), 'a'.length).otherwise(0)).alias('points'),
      ], { names: ['key'], isKey: true });
      const rows = [{ x: 1, y: true }, { x: null, y: false }, { x: 5, y: true }];
      console.log(JSON.stringify(row(rows.reduce(add, initializer()), 'k', { startMs: 0, endMs: 9 })));`;
    const print = (flags: readonly string[]) =>
      execFileSync(
        process.execPath,
        [...flags, '--conditions=hf-source', '--input-type=module', '-e', script],
        { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
      );
    const expected = {
      key: 'k',
      window_start: 0,
      window_end: 9,
      mean: 3,
      high: 5,
      given: 2,
      rows: 3,
      points: 11,
    };
    expect(JSON.parse(print(['--disallow-code-generation-from-strings']))).toEqual(expected);
    expect(JSON.parse(print([]))).toEqual(expected);
  });
});
