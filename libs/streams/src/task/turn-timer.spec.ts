import { describe, expect, it } from '@jest/globals';
import { TurnTimer } from './turn-timer.ts';

/** Records that take so long each, until the turn is over. */
function recordsIn(turnMs: number, timer: TurnTimer, pacing: { nowMs: number }, recordMs: number): number {
  const untilMs = pacing.nowMs + turnMs;
  for (let records = 1; ; records++) {
    pacing.nowMs += recordMs;
    if (timer.isOver(untilMs)) return records;
  }
}

function timed() {
  const pacing = { nowMs: 0, looks: 0 };
  const elapsedMs = () => {
    pacing.looks++;
    return pacing.nowMs;
  };
  const timer = new TurnTimer({ elapsedMs, breathe: async () => {}, pause: async () => {} });
  return { pacing, timer };
}

describe('TurnTimer', () => {
  it('ends a turn of slow records with the first that passes its time', () => {
    const { pacing, timer } = timed();
    expect(recordsIn(8, timer, pacing, 5)).toBe(2);
    expect(recordsIn(8, timer, pacing, 500)).toBe(1);
  });

  it('looks at the clock seldom while records are quick', () => {
    const { pacing, timer } = timed();
    expect(recordsIn(8, timer, pacing, 0.001)).toBeGreaterThanOrEqual(8_000);
    expect(pacing.looks).toBeLessThan(600);
  });

  it('notices within a few records that they have become slow', () => {
    const { pacing, timer } = timed();
    recordsIn(8, timer, pacing, 0.001);
    expect(recordsIn(8, timer, pacing, 500)).toBeLessThanOrEqual(16);
    expect(recordsIn(8, timer, pacing, 500)).toBe(1);
  });
});
