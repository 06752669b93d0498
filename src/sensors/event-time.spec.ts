import { describe, expect, it } from '@jest/globals';
import { toEpochMs } from './event-time.ts';

describe('toEpochMs', () => {
  const noon = Date.UTC(2026, 5, 1, 12);

  it.each([
    ['epoch milliseconds', noon, noon],
    ['epoch milliseconds with a fraction', noon + 0.75, noon],
    ['1970', 0, 0],
    ['UTC', '2026-06-01T12:00:00Z', noon],
    ['lower case', '2026-06-01t12:00:00z', noon],
    ['milliseconds', '2026-06-01T12:00:00.250Z', noon + 250],
    ['microseconds, as Python writes them', '2026-06-01T12:00:00.250999', noon + 250],
    ['an offset', '2026-06-01T14:00:00+02:00', noon],
    ['an offset without a colon', '2026-06-01T14:00:00+0200', noon],
    ['no zone, so UTC', '2026-06-01T12:00:00', noon],
    ['no zone, a space for T', '2026-06-01 12:00', noon],
    ['a date', '2026-06-01', noon - 43_200_000],
  ])('reads %s', (_, value, expected) => {
    expect(toEpochMs(value)).toBe(expected);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['before 1970', -1],
    ['Infinity', Infinity],
    ['more than a day ahead', Date.now() + 90_000_000],
    ['microseconds', noon * 1_000],
    ['an absurd number', Number.MAX_SAFE_INTEGER],
    ['milliseconds as a text', String(noon)],
    ['words', 'yesterday'],
    ['a month that is none', '2026-13-01T00:00:00Z'],
    ['an hour that is none', '2026-06-01T25:00:00Z'],
    ['a year that is ahead', '2999-01-01T00:00:00Z'],
    ['before 1970 as text', '1969-12-31T23:59:59Z'],
    ['an empty text', ''],
    ['a boolean', true],
    ['a list', [noon]],
  ])('takes %s for no event time', (_, value) => {
    expect(toEpochMs(value)).toBeNaN();
  });
});
