/** Every row of "What a crash between two steps leaves" in docs/ARCHITECTURE.md, hit on purpose. */
import { describe, expect, it, jest } from '@jest/globals';
import { ALL_FAULTS } from './faults/draw-faults.ts';
import { COMMIT_STEPS } from '@hiveframe/streams-testing';
import type { Fault } from './faults/fault.ts';
import { runSchedule } from './runner/run-seed.ts';
import { drawSchedule } from './schedule.ts';
import { COUNTING } from './workload/scenarios.ts';

/** A busy machine may take long: what counts is virtual time. */
jest.setTimeout(300_000);

const SEEDS = 30;
/** Longer than sessions and transactions: others take over meanwhile. */
const AWAY_MS = 1_000;

const cases = COMMIT_STEPS.flatMap((step) => [
  { step, effect: 'crash' as const },
  { step, effect: 'freeze' as const },
]);

describe('A commit', () => {
  it.each(cases)('leaves exact output after a $effect before its step: $step', async ({ step, effect }) => {
    let times = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const nth = 1 + (seed % 5);
      const faults: Fault[] = [{ kind: 'step', step, nth, effect, ms: AWAY_MS }];
      const schedule = drawSchedule(seed, { scenarios: COUNTING, faults: ALL_FAULTS });
      const { violations, faultCounts } = await runSchedule({ ...schedule, faults });
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      times += faultCounts.get(`${effect} before ${step}`) ?? 0;
    }
    expect(times).toBeGreaterThan(SEEDS / 2);
  });
});
