import { describe, expect, it } from '@jest/globals';
import { avg, count } from '../../column/aggregate.ts';
import { double } from '../../serde/primitives.serde.ts';
import * as aggregations from './aggregation.ts';
import { groupingBy, KEY_ITSELF } from './group-key.ts';

const aggregates = [avg('t').alias('avg_t'), count('*').alias('n')] as const;
type Aggregates = Parameters<typeof aggregations.ofColumns>[0];
const window = { startMs: 0, endMs: 30_000 };

function rowOf(
  group: Parameters<typeof aggregations.ofColumns>[1],
  key: unknown,
  inWindow: typeof window | null,
) {
  const { definition } = aggregations.ofColumns(aggregates as unknown as Aggregates, group);
  const add = (accumulator: unknown, t: number) => definition.aggregator(accumulator, { t }, key);
  return definition.result([1, 2].reduce(add, definition.initializer()), key, inWindow);
}

describe('a row of agg', () => {
  it('has the group, the window, the aliases, in that order', () => {
    const row = rowOf(groupingBy('sensor').columns, 's1', window);
    expect(JSON.stringify(row)).toBe('{"sensor":"s1","window_start":0,"window_end":30000,"avg_t":1.5,"n":2}');
  });

  it('has every column of the group, in the order asked for', () => {
    const { select, columns } = groupingBy(['line', 'site']);
    const key = select({ site: 'x', line: 2, other: true }, null);
    expect(JSON.stringify(key)).toBe('{"line":2,"site":"x"}');
    expect(JSON.stringify(rowOf(columns, key, null))).toBe('{"line":2,"site":"x","avg_t":1.5,"n":2}');
  });

  it('begins with the key where the group is a function or the key itself', () => {
    expect(rowOf(groupingBy((value) => value).columns, 7, null)).toEqual({ key: 7, avg_t: 1.5, n: 2 });
    expect(rowOf(KEY_ITSELF, 'k', null)).toEqual({ key: 'k', avg_t: 1.5, n: 2 });
  });

  it('is a fresh object each time', () => {
    const { definition } = aggregations.ofColumns(aggregates as unknown as Aggregates, KEY_ITSELF);
    const accumulator = definition.aggregator(definition.initializer(), { t: 1 }, 'k');
    expect(definition.result(accumulator, 'k', null)).not.toBe(definition.result(accumulator, 'k', null));
  });

  it('has no column twice, whatever the types were told', () => {
    const taken = [count('*').alias('sensor')] as unknown as Aggregates;
    expect(() => aggregations.ofColumns(taken, groupingBy('sensor').columns)).toThrow(
      "'sensor' would be two columns of the result",
    );
  });
});

describe('reduce', () => {
  it('begins with the first value', () => {
    const { definition } = aggregations.reducing({
      reducer: (left, right, key) => `${String(left)}${String(right)}${String(key)}`,
    });
    const reduced = ['a', 'b', 'c'].reduce<unknown>(
      (aggregate, value) => definition.aggregator(aggregate, value, '.'),
      definition.initializer(),
    );
    expect(definition.result(reduced, '.', null)).toBe('ab.c.');
  });
});

describe('count', () => {
  it('counts, and is stored as a double unless told otherwise', () => {
    const { definition, stateSerde } = aggregations.counting({});
    const two = definition.aggregator(definition.aggregator(definition.initializer(), 'a', 'k'), 'b', 'k');
    expect(two).toBe(2);
    expect(stateSerde).toBe(double());
  });
});
