import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseIsoTime } from './iso-time.ts';

const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00.000Z');

describe('parseIsoTime', () => {
  it('reads back every time that Date writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: YEAR_0, max: YEAR_10000 - 1 }), (timeMs) => {
        const text = new Date(timeMs).toISOString();
        expect(parseIsoTime(text)).toBe(timeMs);
        expect(parseIsoTime(text.replace('Z', '+00:00'))).toBe(timeMs);
      }),
    );
  });

  it('counts from a zone back to UTC', () => {
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), offset, (timeMs, minutes) => {
        const sign = minutes < 0 ? '-' : '+';
        const [h, m] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const zone = `${sign}${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`;
        const local = new Date(timeMs + minutes * 60_000).toISOString().replace('Z', zone);
        expect(parseIsoTime(local)).toBe(timeMs);
      }),
    );
  });

  it.each([
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2024-02-29T12:30Z', '2024-02-29T12:30:00.000Z'],
    ['2024-02-29T12:30:15Z', '2024-02-29T12:30:15.000Z'],
    ['2024-02-29T12:30:15.5Z', '2024-02-29T12:30:15.500Z'],
    ['2024-02-29T12:30:15.123456789Z', '2024-02-29T12:30:15.123Z'],
    ['2024-02-29 12:30:15+0200', '2024-02-29T10:30:15.000Z'],
    ['2024-02-29T12:30:15.123456', '2024-02-29T12:30:15.123Z'],
  ])('reads %s as %s, in any zone of the machine', (text, expected) => {
    expect(parseIsoTime(text)).toBe(Date.parse(expected));
  });

  it.each([
    '',
    '1',
    'yesterday',
    '1709209815123',
    '2024-02-30T00:00:00.000Z',
    '2023-02-29T00:00:00.000Z',
    '2024-13-01T00:00:00.000Z',
    '2024-00-01T00:00:00.000Z',
    '2024-01-00T00:00:00.000Z',
    '2024-01-01T24:00:00.000Z',
    '2024-01-01T00:60:00.000Z',
    '2024-01-01T00:00:60.000Z',
    '2024-01-01T00:00:00.00xZ',
    '2024-01-01T00:00:00.000Z ',
    '2024-01-01T00:00:00+24:00',
    '2024-1-1',
    '20240101T000000Z',
    'Mon, 01 Jan 2024 00:00:00 GMT',
  ])('takes %p for no time', (text) => {
    expect(parseIsoTime(text)).toBeNaN();
  });
});
