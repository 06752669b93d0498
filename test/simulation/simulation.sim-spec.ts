/** The engine under seeded faults. `SEED=` runs one seed, or begins there; `RUNS=` says how many; `TRACE=1` tells everything. */
import { describe, expect, it, jest } from '@jest/globals';
import { reportFailure } from './runner/report.ts';
import { runSchedule } from './runner/run-seed.ts';
import { runSeeds, type SeedsResult } from './runner/seed-pool.ts';
import { drawSchedule, EVERYTHING } from './schedule.ts';

/** A busy machine may take long: what counts is virtual time. */
jest.setTimeout(300_000);

const DEFAULT_RUNS = 20_000;
/** Generous: a busy machine. */
const MS_PER_RUN = 60;

const seed = Number(process.env['SEED'] ?? 1);
const runs = Number(process.env['RUNS'] ?? (process.env['SEED'] === undefined ? DEFAULT_RUNS : 1));

function summary({ runs, elapsedMs, eventCount, virtualMs, faultCounts }: SeedsResult): string {
  const faults = Object.entries(faultCounts).sort(([a], [b]) => a.localeCompare(b));
  return [
    `${runs} schedules in ${(elapsedMs / 1000).toFixed(1)} s: ${((1000 * runs) / elapsedMs).toFixed(0)} a second,`,
    `${Math.round(eventCount / runs)} events and ${(virtualMs / runs / 1000).toFixed(1)} virtual seconds each.`,
    `Faults: ${faults.map(([kind, times]) => `${kind} ${times}`).join(', ')}.`,
  ].join(' ');
}

describe('The application under faults', () => {
  it(
    `leaves exactly the output it should, from seed ${seed} on, ${runs} times`,
    async () => {
      const range = { from: seed, count: runs, profile: EVERYTHING, without: [], stopAtFirst: true };
      const result = await runSeeds(range);
      process.stdout.write(`${summary(result)}\n`);
      const [failed] = result.failedSeeds;
      if (failed !== undefined) throw new Error(await reportFailure({ ...range, seed: failed }));
      expect(result.runs).toBe(runs);
    },
    runs * MS_PER_RUN + 60_000,
  );

  it('does the same for the same seed', async () => {
    const trace = async () => {
      const lines: string[] = [];
      const { fingerprint } = await runSchedule(drawSchedule(seed), { trace: (line) => lines.push(line) });
      return { fingerprint, lines };
    };
    const first = await trace();
    if (process.env['TRACE'] !== undefined) process.stdout.write(`${first.lines.join('\n')}\n`);
    expect(await trace()).toEqual(first);
  });
});
