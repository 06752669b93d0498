import { describe, expect, it } from '@jest/globals';
import { Refusals } from './refusals.ts';

describe('Refusals', () => {
  it('keeps a reason for its time', () => {
    let nowMs = 0;
    const refusals = new Refusals(1_000, () => nowMs);
    refusals.add(5, 'gone');
    nowMs = 1_000;
    expect(refusals.reason(5)).toBe('gone');
    nowMs = 1_001;
    expect(refusals.reason(5)).toBeNull();
  });

  it('forgets the oldest beyond a thousand, whatever ids damaged bytes have', () => {
    const refusals = new Refusals(1_000, () => 0);
    for (let id = 0; id <= 1_000; id++) refusals.add(id, 'unknown');
    expect(refusals.reason(0)).toBeNull();
    expect(refusals.reason(1_000)).toBe('unknown');
  });
});
