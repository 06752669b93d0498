import { describe, expect, test } from '@jest/globals';
import { sortByFirstColumn, tableLines } from './table.ts';

const lines = (rows: readonly Record<string, unknown>[], decimals = new Set<string>()) =>
  tableLines(rows, decimals);

describe('tableLines', () => {
  test('puts text to the left and numbers to the right, the header like its column', () => {
    expect(
      lines([
        { name: 'a', n: 1 },
        { name: 'longer', n: 1234 },
      ]),
    ).toEqual([
      '+--------+------+',
      '| name   |    n |',
      '+--------+------+',
      '| a      |    1 |',
      '| longer | 1234 |',
      '+--------+------+',
    ]);
  });

  test('gives a column two decimals as soon as one of its values is no integer', () => {
    expect(
      lines([
        { t: 31.2, n: 98 },
        { t: 30, n: 99 },
      ]).slice(3, 5),
    ).toEqual(['| 31.20 | 98 |', '| 30.00 | 99 |']);
  });

  test('keeps the two decimals in later tables whose values are all whole', () => {
    const decimals = new Set<string>();
    lines([{ t: 0.5 }], decimals);
    expect(lines([{ t: 3 }], decimals)[3]).toBe('| 3.00 |');
    expect(lines([{ t: 3 }])[3]).toBe('| 3 |');
  });

  test('shows a bigint with its digits, NaN and infinities by name, nothing for null', () => {
    const rows = [
      { a: 12345678901234567890n, b: NaN, c: 0.5 },
      { a: 1n, b: -Infinity, c: null },
    ];
    expect(lines(rows).slice(3, 5)).toEqual([
      '| 12345678901234567890 |       NaN | 0.50 |',
      '|                    1 | -Infinity |      |',
    ]);
  });

  test('makes a text column of one that mixes numbers and text', () => {
    expect(lines([{ v: 1 }, { v: 'one' }]).slice(3, 5)).toEqual(['| 1   |', '| one |']);
  });

  test('keeps every row on one line, whatever its values hold', () => {
    expect(lines([{ v: 'a\nb\u001b[2J' }])[3]).toBe('| a\\nb\\u001b[2J |');
  });

  test('aligns wide letters and emoji by the columns they take', () => {
    expect(lines([{ v: '温度' }, { v: '🐝' }, { v: 'é' }])).toEqual([
      '+------+',
      '| v    |',
      '+------+',
      '| 温度 |',
      '| 🐝   |',
      '| é    |',
      '+------+',
    ]);
  });

  test('shows dates, lists and objects as JSON shows them', () => {
    expect(lines([{ at: new Date(0), tags: ['a'], deep: { n: 1n } }])[3]).toBe(
      '| 1970-01-01T00:00:00.000Z | ["a"] | {"n":"1"} |',
    );
  });

  test('has the columns of all rows, in the order in which they come', () => {
    expect(lines([{ a: 1 }, { a: 2, b: 'x' }]).slice(1, 5)).toEqual([
      '| a | b |',
      '+---+---+',
      '| 1 |   |',
      '| 2 | x |',
    ]);
  });
});

describe('sortByFirstColumn', () => {
  test('sorts numbers by value and text by its letters', () => {
    expect(sortByFirstColumn([10, 9, 1], (n) => n)).toEqual([1, 9, 10]);
    expect(sortByFirstColumn(['b', 'a', 'B'], (s) => s)).toEqual(['B', 'a', 'b']);
  });
});
