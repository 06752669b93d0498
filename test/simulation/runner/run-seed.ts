import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { Without } from '../mutations/mutation.ts';
import type { Schedule } from '../schedule.ts';
import { Simulation, type Outcome, type Trace } from '../simulation.ts';

export interface RunOptions {
  readonly trace?: Trace;
  readonly without?: Without;
}

/** Runs a schedule. A rejection that nobody handles would have ended a real process: it is a violation. One at a time. */
export async function runSchedule(schedule: Schedule, options: RunOptions = {}): Promise<Outcome> {
  const unhandled: string[] = [];
  const note = (reason: unknown) => {
    unhandled.push(`nobody handled ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  process.on('unhandledRejection', note);
  try {
    const outcome = await new Simulation(schedule, options).run();
    await turnOfTheEventLoop(); // only now the process looks at what was not handled
    return { ...outcome, violations: [...outcome.violations, ...unhandled] };
  } finally {
    process.off('unhandledRejection', note);
  }
}
