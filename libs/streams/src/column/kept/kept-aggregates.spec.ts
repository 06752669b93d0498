import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { json } from '../../serde/json.serde.ts';
import type { SerdeContext } from '../../serde/serde.ts';
import { avg, count, max, sum } from '../aggregate.ts';
import { col } from '../column.ts';
import { canSubtract, compileAggregation, type AnyAggregate } from '../column-aggregation.ts';
import type { Row } from '../compiled-expression.ts';
import { collectList, collectSet } from './collect.ts';
import { approxCountDistinct, countDistinct } from './count-distinct.ts';
import { defineAggregate } from './define-aggregate.ts';
import { first, last } from './first-last.ts';
import { percentile } from './percentile.ts';
import { stddev, variance } from './variance.ts';

const context: SerdeContext = { topic: 't', part: 'value', headers: () => [] };
const declared = (...aggregates: readonly unknown[]) => aggregates as readonly AnyAggregate[];

/** Sums are exact in any order over such numbers. */
const number = fc.integer({ min: -1_000, max: 1_000 });
const rows = fc.array(
  fc.record({
    x: fc.oneof({ arbitrary: number, weight: 5 }, fc.constantFrom(null, undefined, NaN)),
    at: fc.integer({ min: 0, max: 20 }),
    tag: fc.constantFrom('a', 'b', 'c', null),
  }),
  { maxLength: 40 },
) as fc.Arbitrary<Row[]>;

const longest = defineAggregate({
  name: 'longest',
  initializer: () => '',
  add: (kept: string, value: string) => (value.length > kept.length ? value : kept),
  merge: (left, right) => (right.length > left.length ? right : left),
  result: (kept) => kept,
});
const product = defineAggregate({
  name: 'product',
  initializer: () => ({ logs: 0, n: 0 }),
  add: ({ logs, n }, value: number) => ({ logs: logs + value, n: n + 1 }),
  subtract: ({ logs, n }, value) => ({ logs: logs - value, n: n - 1 }),
  merge: (left, right) => ({ logs: left.logs + right.logs, n: left.n + right.n }),
  result: ({ logs, n }) => `${n}:${logs}`,
});

const mergeable = declared(
  sum('x').alias('sum'),
  countDistinct('tag').alias('tags'),
  approxCountDistinct('x').alias('about'),
  first('x').alias('first'),
  last('x').alias('last'),
  first('tag', { by: 'at' }).alias('earliest'),
  last('tag', { by: col('at').times(-1) }).alias('reversed'),
  collectList('x', { maxValues: 5 }).alias('list'),
  collectSet('tag', { maxValues: 2 }).alias('set'),
  percentile('x', 0.5).alias('median'),
  longest('tag').alias('longest'),
  product('x').alias('product'),
);
const subtractable = declared(
  avg('x').alias('avg'),
  sum('x').alias('sum'),
  count('x').alias('n'),
  count('*').alias('rows'),
  countDistinct('tag').alias('tags'),
  percentile('x', 0.9).alias('p90'),
  product('x').alias('product'),
);
const spread = declared(variance('x').alias('variance'), stddev('x', { of: 'population' }).alias('stddev'));

function resultOf(aggregates: readonly AnyAggregate[], accumulator: unknown): Record<string, unknown> {
  return compileAggregation(aggregates).row(accumulator, null, null);
}
function aggregate(aggregates: readonly AnyAggregate[], of: readonly Row[]): Record<string, unknown> {
  const { add, initializer } = compileAggregation(aggregates);
  return resultOf(aggregates, of.reduce(add, initializer()));
}

/** The same from all rows at once, the obvious way. */
function naive(of: readonly Row[]) {
  const given = of.map(({ x }) => x).filter((x) => typeof x === 'number' && !Number.isNaN(x)) as number[];
  const tagged = of.filter(({ tag }) => tag !== null) as { tag: string; at: number }[];
  const tags = tagged.map(({ tag }) => tag);
  const earliestMs = Math.min(...tagged.map(({ at }) => at));
  const sorted = given.toSorted((a, b) => a - b);
  return {
    sum: given.length === 0 ? null : given.reduce((left, right) => left + right, 0),
    tags: new Set(tags).size,
    first: given[0] ?? null,
    last: given.at(-1) ?? null,
    earliest: tagged.find(({ at }) => at === earliestMs)?.tag ?? null,
    reversed: tagged.findLast(({ at }) => at === earliestMs)?.tag ?? null,
    list: given.slice(0, 5),
    set: [...new Set(tags)].slice(0, 2),
    longest: tags[0] ?? '',
    product: `${given.length}:${given.reduce((left, right) => left + right, 0)}`,
    exactMedian: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
    distinct: new Set(given).size,
  };
}

describe('aggregates that keep more than numbers', () => {
  it('equal a recomputation from all values', () => {
    fc.assert(
      fc.property(rows, (of) => {
        const { about, median, ...exact } = aggregate(mergeable, of);
        const { exactMedian, distinct, ...expected } = naive(of);
        expect(exact).toEqual(expected);
        expect(Math.abs((about as number) - distinct)).toBeLessThanOrEqual(1);
        expect(Math.abs(((median as number | null) ?? 0) - (exactMedian ?? 0))).toBeLessThanOrEqual(
          Math.abs(exactMedian ?? 0) * 0.010_001,
        );
      }),
    );
  });

  it('give their columns in the order written, null where there is nothing', () => {
    expect(Object.entries(aggregate(mergeable, []))).toEqual([
      ['sum', null],
      ['tags', 0],
      ['about', 0],
      ['first', null],
      ['last', null],
      ['earliest', null],
      ['reversed', null],
      ['list', []],
      ['set', []],
      ['median', null],
      ['longest', ''],
      ['product', '0:0'],
    ]);
    expect(aggregate(spread, [])).toEqual({ variance: null, stddev: null });
    expect(aggregate(spread, [{ x: 7 }])).toEqual({ variance: null, stddev: 0 });
  });

  it('merge as if all rows had gone into one, and leave what is merged as it was', () => {
    fc.assert(
      fc.property(rows, rows, (left, right) => {
        const { add, merge, initializer, serde } = compileAggregation(mergeable);
        const behind = right.reduce(add, initializer());
        const before = Buffer.from(serde.serialize(behind, context));
        const merged = merge(merge(initializer(), left.reduce(add, initializer())), behind);
        const { list, ...others } = resultOf(mergeable, merged);
        const { list: whole, ...expected } = aggregate(mergeable, [...left, ...right]);
        expect(others).toEqual(expected);
        expect(list).toEqual(whole);
        add(merged, { x: 1, at: 1, tag: 'z' });
        expect(Buffer.from(serde.serialize(behind, context)).equals(before)).toBe(true);
      }),
    );
  });

  it('take a row out again as if it had never come', () => {
    fc.assert(
      fc.property(rows, rows, (stay, go) => {
        const { add, subtract, initializer } = compileAggregation(subtractable);
        const all = [...stay, ...go].reduce(add, initializer());
        expect(resultOf(subtractable, go.reduce(subtract, all))).toEqual(aggregate(subtractable, stay));
      }),
    );
  });

  it('are as exact about the spread as two passes over the values, in parts, and with values taken out', () => {
    const values = fc.array(fc.double({ min: 1e6, max: 1e6 + 10, noNaN: true }), {
      minLength: 3,
      maxLength: 50,
    });
    const twoPasses = (of: readonly number[]) => {
      const mean = of.reduce((left, right) => left + right, 0) / of.length;
      const squares = of.reduce((total, x) => total + (x - mean) ** 2, 0);
      return { variance: squares / (of.length - 1), stddev: Math.sqrt(squares / of.length) };
    };
    fc.assert(
      fc.property(values, values, (left, right) => {
        const { add, merge, subtract, initializer } = compileAggregation(spread);
        const of = (some: readonly number[]) => some.map((x) => ({ x })).reduce(add, initializer());
        const merged = merge(of(left), of(right));
        const expected = twoPasses([...left, ...right]);
        const close = (found: Record<string, unknown>, to: typeof expected) => {
          expect(found['variance']).toBeCloseTo(to.variance, 4);
          expect(found['stddev']).toBeCloseTo(to.stddev, 3);
        };
        close(resultOf(spread, merged), expected);
        close(resultOf(spread, right.map((x) => ({ x })).reduce(subtract, merged)), twoPasses(left));
      }),
    );
  });

  it('go on exactly where a stored accumulator stopped', () => {
    const all = declared(...mergeable, ...spread, max('tag').alias('max'));
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const { add, initializer, serde } = compileAggregation(all);
        const stored = serde.serialize(before.reduce(add, initializer()), context);
        const restored = serde.deserialize(new Uint8Array(stored), context);
        expect(resultOf(all, after.reduce(add, restored))).toEqual(aggregate(all, [...before, ...after]));
      }),
    );
  });

  it('leave everything as it was when one of them refuses a row', () => {
    const picky = defineAggregate({
      name: 'picky',
      initializer: () => 0,
      add: (kept: number, value: number) => {
        if (value === 13) throw new Error('not this one');
        return kept + value;
      },
      merge: (left, right) => left + right,
      result: (kept) => kept,
    });
    const all = declared(
      collectList('x', { maxValues: 9 }).alias('list'),
      picky('x').alias('picky'),
      sum('y').alias('sum'),
      countDistinct('x', { maxValues: 2 }).alias('n'),
    );
    const { add, initializer } = compileAggregation(all);
    const kept = add(add(initializer(), { x: 1, y: 1 }), { x: 2, y: 1 });
    expect(() => add(kept, { x: 13, y: 1 })).toThrow('not this one');
    expect(() => add(kept, { x: 1, y: 'text' })).toThrow('sum(y)');
    expect(() => add(kept, { x: 3, y: 1 })).toThrow('it has 2 different values already');
    expect(resultOf(all, kept)).toEqual({ list: [1, 2], picky: 3, sum: 2, n: 2 });
  });

  it('leave everything as it was when a value cannot be stored', () => {
    const all = declared(count('*').alias('n'), collectSet('x', { maxValues: 9 }).alias('set'));
    const { add, initializer } = compileAggregation(all);
    const kept = add(initializer(), { x: { at: 1 } });
    expect(() => add(kept, { x: { at: () => 1 } })).toThrow('Cannot write a function as JSON.');
    expect(resultOf(all, kept)).toEqual({ n: 1, set: [{ at: 1 }] });
  });

  it('take undefined for what a function makes of the aggregate', () => {
    const latest = defineAggregate({
      name: 'latest',
      initializer: (): number | undefined => undefined,
      add: (_: number | undefined, value: number): number | undefined => value,
      subtract: () => undefined,
      merge: (_, right) => right,
      result: (kept) => kept ?? 'none',
    });
    const all = declared(latest('x').alias('x'));
    const { add, subtract, initializer } = compileAggregation(all);
    expect(resultOf(all, subtract(add(initializer(), { x: 5 }), { x: 5 }))).toEqual({ x: 'none' });
  });

  it('refuse to be kept by a serde that fetches schemas', () => {
    const kept = { name: 'total', initializer: () => 0, add: Number, merge: Number, result: Number };
    const serde = { ...json<number>(), prepare: async () => {} };
    expect(() => defineAggregate({ ...kept, serde })).toThrow(
      'Cannot declare aggregate total: its serde fetches schemas',
    );
  });

  it('store the percentile of any finite number by the least error that can be declared', () => {
    const all = declared(percentile('x', 0, { relativeError: 0.000_001 }).alias('p'));
    const { add, initializer, serde } = compileAggregation(all);
    for (const x of [5e-324, 1e-300, 1e6, Number.MAX_VALUE, -1e300]) {
      const stored = serde.serialize(add(initializer(), { x }), context);
      expect(serde.deserialize(stored, context)).toBeDefined();
    }
    expect(() => percentile('x', 0.5, { relativeError: 1e-9 })).toThrow(
      'relativeError is 1e-9; it must be from 0.000001, and below 1.',
    );
  });

  it('refuse values that they cannot hold, in words', () => {
    const add = (aggregates: readonly AnyAggregate[], x: unknown) => {
      const compiled = compileAggregation(aggregates);
      compiled.add(compiled.initializer(), { x });
    };
    expect(() => add(declared(percentile('x', 0.5).alias('p')), Infinity)).toThrow('not a finite number');
    expect(() => add(declared(variance('x').alias('v')), 'text')).toThrow(
      'Cannot compute variance(x, sample): x is a string, not a number.',
    );
    expect(() => percentile('x', 1.5)).toThrow('p is 1.5');
    expect(() => collectList('x', { maxValues: 0 })).toThrow('maxValues is 0');
  });

  it('refuse bytes of other aggregates', () => {
    const stored = compileAggregation(declared(percentile('x', 0.5).alias('p')));
    const bytes = stored.serde.serialize(stored.initializer(), context);
    const other = compileAggregation(declared(percentile('x', 0.5, { relativeError: 0.1 }).alias('p')));
    expect(() => other.serde.deserialize(bytes, context)).toThrow('these bytes are no state of');
  });

  it('say which of them can take a row out again', () => {
    expect(subtractable.every(canSubtract)).toBe(true);
    const cannot = declared(
      max('x').alias('a'),
      first('x').alias('b'),
      collectSet('x', { maxValues: 1 }).alias('c'),
      approxCountDistinct('x').alias('d'),
      longest('x').alias('e'),
    );
    expect(cannot.some(canSubtract)).toBe(false);
  });
});
