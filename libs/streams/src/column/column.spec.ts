import { describe, expect, it } from '@jest/globals';
import { col, when } from './column.ts';
import { compile, type Row } from './compiled-expression.ts';

const on = (row: Row) => (expression: unknown) => compile(expression).evaluate(row);

describe('column expressions', () => {
  it('compare a column with a literal or another column', () => {
    const value = on({ a: 2, b: 3 });
    expect(value(col('a').lt(3))).toBe(true);
    expect(value(col('a').gte(col('b')))).toBe(false);
    expect(value(col('a').eq(2))).toBe(true);
    expect(value(col('a').ne(2))).toBe(false);
    expect(value(col('b').gt(col('a')))).toBe(true);
    expect(value(col('b').lte(3))).toBe(true);
  });

  it('compare dates by their time, texts by their code units, bigints by value', () => {
    const value = on({ at: new Date(5), name: 'b', big: 2n ** 60n });
    expect(value(col('at').eq(new Date(5)))).toBe(true);
    expect(value(col('at').gt(new Date(4)))).toBe(true);
    expect(value(col('name').gt('a'))).toBe(true);
    expect(value(col('big').gt(2n ** 60n - 1n))).toBe(true);
  });

  it('give false when they compare null, or values of different types', () => {
    const value = on({ none: null, text: '30' });
    for (const name of ['none', 'absent', 'text']) {
      expect(value(col(name).gt(1))).toBe(false);
      expect(value(col(name).lte(1))).toBe(false);
      expect(value(col(name).eq(30))).toBe(false);
      expect(value(col(name).ne(30))).toBe(false);
    }
    expect(value(col('none').eq(col('absent')))).toBe(false);
  });

  it('know null', () => {
    const value = on({ none: null, zero: 0 });
    expect(value(col('none').isNull())).toBe(true);
    expect(value(col('absent').isNull())).toBe(true);
    expect(value(col('zero').isNull())).toBe(false);
    expect(value(col('none').orElse(7))).toBe(7);
    expect(value(col('zero').orElse(7))).toBe(0);
  });

  it('calculate', () => {
    const value = on({ c: 20, none: null });
    expect(value(col('c').times(9).dividedBy(5).plus(32))).toBe(68);
    expect(value(col('c').minus(col('c')))).toBe(0);
    expect(value(col('none').orElse(1).plus(1))).toBe(2);
  });

  it('throw rather than calculate with what is no number', () => {
    expect(() => on({ c: '20' })(col('c').plus(1))).toThrow(
      'Cannot calculate with c: it is a string, not a number.',
    );
    expect(() => on({ c: null })(col('c').plus(1))).toThrow('it is null, not a number');
  });

  it('take null for false in logic', () => {
    const value = on({ yes: true, no: false, none: null });
    expect(value(col('yes').and(col('none')))).toBe(false);
    expect(value(col('none').or(col('yes')))).toBe(true);
    expect(value(col('yes').and(col('no').not()))).toBe(true);
    expect(value(col('none').not())).toBe(true);
  });

  it('say in words what they are', () => {
    const expression = when(col('t').gt(28).and(col('hot')), col('t')).otherwise(0);
    expect(compile(expression).text).toBe('when ((t > 28) and hot) then t otherwise 0');
    expect(compile(col('name').eq('x')).text).toBe("(name = 'x')");
  });
});

describe('when', () => {
  const expression = when(col('t').gt(30), 'hot').when(col('t').gt(20), col('name')).otherwise(null);

  it.each([
    [{ t: 31, name: 'n' }, 'hot'],
    [{ t: 25, name: 'n' }, 'n'],
    [{ t: 5, name: 'n' }, null],
    [{ t: null, name: 'n' }, null],
  ])('gives for %p the value of the first condition that holds: %p', (row, expected) => {
    expect(on(row)(expression)).toBe(expected);
  });
});
