import { describe, expect, it } from '@jest/globals';
import { TopologyError } from '../errors/streams.error.ts';
import { days, hours, minutes, seconds } from './duration.ts';
import { hopping, tumbling } from './window.ts';

describe('windows', () => {
  it('say how they cut time', () => {
    expect(tumbling({ sizeMs: seconds(30) })).toEqual({ kind: 'tumbling', sizeMs: 30_000 });
    expect(hopping({ sizeMs: minutes(5), advanceMs: minutes(1) })).toEqual({
      kind: 'hopping',
      sizeMs: 300_000,
      advanceMs: 60_000,
    });
  });

  it.each([0, -1, 0.5, NaN, Infinity, 2 ** 53])('refuse a size of %p ms', (sizeMs) => {
    expect(() => tumbling({ sizeMs })).toThrow(TopologyError);
    expect(() => hopping({ sizeMs, advanceMs: 1 })).toThrow(TopologyError);
    expect(() => hopping({ sizeMs: 10, advanceMs: sizeMs })).toThrow(TopologyError);
  });

  it('refuse to hop further than their size', () => {
    expect(() => hopping({ sizeMs: 10, advanceMs: 11 })).toThrow(
      'Cannot make a hopping window: advanceMs 11 is greater than sizeMs 10',
    );
    expect(hopping({ sizeMs: 10, advanceMs: 10 }).advanceMs).toBe(10);
  });

  it('are written in units', () => {
    expect([hours(1), days(1)]).toEqual([3_600_000, 86_400_000]);
  });
});
