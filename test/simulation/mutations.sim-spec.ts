/** A check that cannot fail proves nothing: each step of the protocols, left out, must show within some hundred schedules. */
import { describe, expect, it } from '@jest/globals';
import { ALL_FAULTS, type FaultProfile } from './faults/draw-faults.ts';
import type { Mutation, Without } from './mutations/mutation.ts';
import { reportFailure } from './runner/report.ts';
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
  {
    without: 'epoch',
    faults: {
      kinds: ['expireMember', 'freeze', 'request'],
      operations: ['storeFlush'],
      effects: ['slowRequest'],
    },
  },
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

// With a seed it is only about that seed.
(process.env['SEED'] === undefined ? describe : describe.skip)('The simulation notices', () => {
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

  it('and tells the seed, the fewest faults it takes, and what happened', async () => {
    const profile = { scenarios: COUNTING, faults: ALL_FAULTS };
    const without: Without = ['abort discards memory'];
    const range = { from: 1, count: MOST_SEEDS, profile, without, stopAtFirst: true };
    const [seed] = (await runSeeds(range)).failedSeeds;
    const report = await reportFailure({ seed: seed!, profile, without });
    const [, left, all] = /with (\d+) of its (\d+) faults/.exec(report)!;
    expect(Number(left)).toBeLessThanOrEqual(Number(all));
    expect(report).toContain(`Seed ${seed} (`);
    expect(report).toContain('VIOLATION');
    expect(report).toContain(`Again: SEED=${seed} npm run test:sim`);
  }, 120_000);
});
