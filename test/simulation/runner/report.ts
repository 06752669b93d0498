/** What one is told of a seed that failed. */
import { describeFault } from '../faults/fault.ts';
import type { Without } from '../mutations/mutation.ts';
import { drawSchedule, type Profile, type Schedule } from '../schedule.ts';
import { SCENARIOS } from '../workload/scenarios.ts';
import { runSchedule } from './run-seed.ts';
import { shrink } from './shrink.ts';

const LAST_LINES = 80;

export interface Failure {
  readonly seed: number;
  readonly profile: Profile;
  readonly without: Without;
}

export async function reportFailure({ seed, profile, without }: Failure): Promise<string> {
  const schedule = drawSchedule(seed, profile);
  const fails = async (one: Schedule) => (await runSchedule(one, { without })).violations.length > 0;
  const smallest = await shrink(schedule, fails);
  const lines: string[] = [];
  const { violations } = await runSchedule(smallest, { without, trace: (line) => lines.push(line) });
  return [
    `Seed ${seed} (${SCENARIOS[schedule.scenario].name}) went wrong:`,
    ...violations.map((violation) => `  ${violation}`),
    `It still does with ${smallest.faults.length} of its ${schedule.faults.length} faults:`,
    ...smallest.faults.map((fault) => `  ${describeFault(fault)}`),
    `and ${JSON.stringify(smallest.settings)}`,
    `What happened, at last:`,
    ...lines.slice(-LAST_LINES),
    `Again: SEED=${seed} npm run test:sim`,
  ].join('\n');
}
