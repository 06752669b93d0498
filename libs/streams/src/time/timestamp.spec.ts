import { describe, expect, it } from '@jest/globals';
import { columnTime, extractedTime } from './timestamp.ts';

const origin = { topic: 't', partition: 1, offset: 2, headers: () => [] };

describe('columnTime', () => {
  const read = (at: unknown) => columnTime('at')('key', { at }, 5, origin);

  it('reads epoch ms, ISO texts and Dates', () => {
    expect(read(1_700_000_000_123)).toBe(1_700_000_000_123);
    expect(read('2023-11-14T22:13:20.123Z')).toBe(1_700_000_000_123);
    expect(read(new Date(1_700_000_000_123))).toBe(1_700_000_000_123);
  });

  it.each([undefined, null, '', 'soon', true, {}, new Date(NaN), 7n])('gives NaN for %p', (at) => {
    expect(read(at)).toBeNaN();
  });
});

describe('extractedTime', () => {
  it('shows the whole record and where it came from', () => {
    const read = extractedTime((record, from) => {
      expect(record).toEqual({ key: 'k', value: 'v', timestampMs: 5, headers: [] });
      expect(from).toMatchObject({ topic: 't', partition: 1, offset: 2 });
      return record.timestampMs + 1;
    });
    expect(read('k', 'v', 5, origin)).toBe(6);
  });
});
