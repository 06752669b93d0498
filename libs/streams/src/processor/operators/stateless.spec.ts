import { describe, expect, it } from '@jest/globals';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import type { Operator } from '../operator.ts';
import { requireKey } from './require-key.ts';
import * as operators from './stateless.ts';
import { filterTable, mapTableValues } from './table.ts';

function passed(operator: Operator, ...records: (readonly [key: unknown, value: unknown])[]) {
  const harness = new OperatorHarness(operator);
  for (const [key, value] of records) harness.pipe(key, value, 5);
  return harness.passed;
}

describe('stateless operators', () => {
  it('map key and value, only the value, or only the key; the time stays', () => {
    const swap = operators.map('m', (value, key) => ({ key: value, value: key }));
    expect(passed(swap, ['k', 'v'])).toEqual([['v', 'k', 5]]);
    const join = operators.mapValues('m', (value, key) => `${String(key)}${String(value)}`);
    expect(passed(join, ['k', 'v'])).toEqual([['k', 'kv', 5]]);
    expect(
      passed(
        operators.selectKey('m', (value) => value),
        ['k', 'v'],
      ),
    ).toEqual([['v', 'v', 5]]);
  });

  it('make none, one or several records of one', () => {
    const chars = operators.flatMapValues('f', (value) => (value as string).split(''));
    expect(passed(chars, ['k', 'ab'], ['k', ''])).toEqual([
      ['k', 'a', 5],
      ['k', 'b', 5],
    ]);
    const keyed = operators.flatMap('f', (value) =>
      (value as string).split('').map((key) => ({ key, value: 1 })),
    );
    expect(passed(keyed, ['k', 'ab'])).toEqual([
      ['a', 1, 5],
      ['b', 1, 5],
    ]);
  });

  it('filter and peek', () => {
    const seen: unknown[] = [];
    expect(
      passed(
        operators.filter('f', (value) => (value as number) > 1),
        ['k', 1],
        ['k', 2],
      ),
    ).toEqual([['k', 2, 5]]);
    expect(
      passed(
        operators.peek('p', (value, key) => void seen.push(key, value)),
        ['k', 1],
      ),
    ).toEqual([['k', 1, 5]]);
    expect(seen).toEqual(['k', 1]);
  });

  it('split: the first match takes the record, the rest goes on', () => {
    const asked: string[] = [];
    const branch = (name: string, holds: (value: number) => boolean) => (value: unknown) => {
      asked.push(name);
      return holds(value as number);
    };
    const split = operators.split('s', [branch('small', (v) => v < 10), branch('even', (v) => v % 2 === 0)]);
    const harness = new OperatorHarness(split, 2);
    for (const value of [4, 12, 13]) harness.pipe('k', value, 5);
    expect(harness.sides).toEqual([[['k', 4, 5]], [['k', 12, 5]]]);
    expect(harness.passed).toEqual([['k', 13, 5]]);
    expect(asked).toEqual(['small', 'small', 'even', 'small', 'even']);
  });

  it("say that they are entered before the user's function runs", () => {
    const throwing = () => {
      throw new Error('mine');
    };
    const all: Record<string, Operator> = {
      map: operators.map('map', throwing),
      mapValues: operators.mapValues('mapValues', throwing),
      selectKey: operators.selectKey('selectKey', throwing),
      filter: operators.filter('filter', throwing),
      flatMap: operators.flatMap('flatMap', throwing),
      flatMapValues: operators.flatMapValues('flatMapValues', throwing),
      peek: operators.peek('peek', throwing),
      split: operators.split('split', [throwing]),
      filterTable: filterTable('filterTable', throwing),
      mapTableValues: mapTableValues('mapTableValues', throwing),
    };
    for (const [name, operator] of Object.entries(all)) {
      const harness = new OperatorHarness(operator, 1);
      expect(() => harness.pipe('k', 1)).toThrow('mine');
      expect(harness.entered).toBe(name);
    }
  });

  it('refuse promises, and leave no rejection behind', () => {
    const later = () => Promise.reject<never>(new Error('later'));
    const all = [
      operators.map('op', later as never),
      operators.mapValues('op', later),
      operators.selectKey('op', later),
      operators.filter('op', later as never),
      operators.peek('op', later as never),
      operators.split('op', [later as never]),
      filterTable('op', later as never),
      mapTableValues('op', later),
    ];
    for (const operator of all) {
      expect(() => new OperatorHarness(operator, 1).pipe('k', 1)).toThrow(
        'The function of op gave a promise: use mapValuesAsync for what must be awaited.',
      );
    }
  });
});

describe('requireKey', () => {
  it('drops and counts records without a key, and only those', () => {
    const harness = new OperatorHarness(requireKey());
    for (const key of [null, undefined, '', 0, false]) harness.pipe(key, 'v', 5);
    expect(harness.passed.map(([key]) => key)).toEqual(['', 0, false]);
    expect(harness.dropped).toEqual(['nullKey', 'nullKey']);
  });
});

describe('table operators', () => {
  it('pass deletions on without asking', () => {
    const never = () => {
      throw new Error('asked');
    };
    expect(passed(filterTable('f', never), ['k', null])).toEqual([['k', null, 5]]);
    expect(passed(mapTableValues('m', never), ['k', null])).toEqual([['k', null, 5]]);
  });

  it('turn a row that does not fit into a deletion', () => {
    const small = filterTable('f', (value) => (value as number) < 10);
    expect(passed(small, ['k', 4], ['k', 12])).toEqual([
      ['k', 4, 5],
      ['k', null, 5],
    ]);
  });
});
