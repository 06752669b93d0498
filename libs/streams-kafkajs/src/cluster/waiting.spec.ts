import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Waiting } from './waiting.ts';

describe('Waiting', () => {
  const lines: string[] = [];
  const logger = { log: (level: string, text: string) => void lines.push(`${level} ${text}`) };

  beforeEach(() => {
    lines.length = 0;
    jest.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('tells what is waited for, since when and why, once in an interval, however often it is tried', () => {
    const waiting = new Waiting(logger, { what: 'broker 1' });
    for (let second = 0; second <= 25; second++) {
      waiting.failed('ECONNREFUSED');
      jest.advanceTimersByTime(1_000);
    }
    expect(lines).toEqual([
      'warn Still waiting for broker 1, since 2026-01-01T00:00:00.000Z (10 s): ECONNREFUSED; trying again.',
      'warn Still waiting for broker 1, since 2026-01-01T00:00:00.000Z (20 s): ECONNREFUSED; trying again.',
    ]);
  });

  it('begins anew after it was over', () => {
    const waiting = new Waiting(logger, { what: 'broker 1' });
    waiting.failed('gone');
    jest.advanceTimersByTime(9_000);
    waiting.over();
    waiting.failed('gone');
    jest.advanceTimersByTime(9_000);
    waiting.failed('gone');
    expect(lines).toEqual([]);
  });
});
