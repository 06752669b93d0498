/** A check that cannot fail proves nothing: each step of the protocols, left out, must show within some hundred schedules. */
import { describe, expect, it } from '@jest/globals';
import { ALL_FAULTS, type FaultProfile } from './faults/draw-faults.ts';
import type { Mutation } from './mutations/mutation.ts';
import { runSchedule } from './runner/run-seed.ts';
import { runSeeds } from './runner/seed-pool.ts';
import { drawSchedule } from './schedule.ts';
import { COUNTING, type ScenarioName } from './workload/scenarios.ts';

const MOST_SEEDS = 2_000;

interface Hunt {
  readonly without: Mutation;
  /** What else is left out, where another step would cover it. */
  readonly besides?: Mutation;
  /** Where it must show. @defaultValue the stateful scenarios */
  readonly scenarios?: readonly ScenarioName[];
  /** Faults that make it likely. @defaultValue all */
  readonly faults?: Partial<FaultProfile>;
}

const HUNTS: readonly Hunt[] = [
  {
    without: 'fence before offsets',
    besides: 'generation check', // one of the two is enough to refuse a member that was put out
    faults: {
      kinds: ['expireMember', 'freeze', 'request'],
      operations: ['send', 'addOffsets'],
      effects: ['slowRequest', 'slowAnswer', 'freezeAfter'],
    },
  },
  { without: 'stable offsets' },
  { without: 'restore to the uncommitted end' },
  { without: 'offsets in the transaction' },
  { without: 'flush after commit' },
  { without: 'abort discards memory' },
  {
    without: 'unknown is not committed',
    faults: { kinds: ['request'], operations: ['commit'], effects: ['loseRequest', 'loseAnswer'] },
  },
  { without: 'read committed' },
  { without: 'check of what was read', faults: { kinds: ['rollBack', 'wipe'] } },
  { without: 'compare-and-set', faults: { kinds: ['rollBack', 'wipe'] } },
  { without: 'epoch' },
  {
    without: 'generation check',
    scenarios: ['atMostOnce'], // without transactions nothing else refuses the member
    faults: {
      kinds: ['expireMember', 'freeze', 'request'],
      operations: ['commitOffsets'],
      effects: ['slowRequest', 'slowAnswer', 'freezeAfter'],
    },
  },
];

describe('The simulation notices', () => {
  it.each(HUNTS)(
    'that a protocol goes without: $without',
    async ({ without, besides, scenarios = COUNTING, faults = {} }) => {
      const profile = { scenarios, faults: { ...ALL_FAULTS, ...faults } };
      const complete = besides === undefined ? [] : [besides];
      const mutated = [without, ...complete];
      const range = { from: 1, count: MOST_SEEDS, profile, without: mutated, stopAtFirst: true };
      const { failedSeeds, runs } = await runSeeds(range);
      process.stdout.write(`without ${without}: noticed within ${runs} schedules\n`);
      expect(failedSeeds).not.toEqual([]);
      const control = await runSchedule(drawSchedule(failedSeeds[0]!, profile), { without: complete });
      expect(control.violations).toEqual([]);
    },
    120_000,
  );
});
