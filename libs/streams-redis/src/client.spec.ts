import { describe, expect, it } from '@jest/globals';
import { retryDelayMs } from './client.ts';

describe('retryDelayMs', () => {
  it('doubles up to two seconds, less up to a half by chance', () => {
    for (const [attempt, full] of [
      [1, 50],
      [2, 100],
      [6, 1_600],
      [7, 2_000],
      [10_000, 2_000],
    ] as const) {
      expect(retryDelayMs(attempt)).toBeLessThanOrEqual(full);
      expect(retryDelayMs(attempt)).toBeGreaterThanOrEqual(full / 2);
    }
  });
});
