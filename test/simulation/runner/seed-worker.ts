/** A thread that runs seeds: one message in, one out. */
import { parentPort } from 'node:worker_threads';
import { drawSchedule } from '../schedule.ts';
import { runSchedule } from './run-seed.ts';
import type { SeedRange, SeedRangeResult } from './seed-pool.ts';

// Nobody looks at the errors of a schedule that goes well, and most have some.
Error.stackTraceLimit = 0;

async function run({ from, count, profile, without, stopAtFirst }: SeedRange): Promise<SeedRangeResult> {
  const result: SeedRangeResult = { runs: 0, eventCount: 0, virtualMs: 0, faultCounts: {}, failedSeeds: [] };
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runSchedule(drawSchedule(seed, profile), { without });
    result.runs++;
    result.eventCount += outcome.eventCount;
    result.virtualMs += outcome.virtualMs;
    for (const [kind, times] of outcome.faultCounts)
      result.faultCounts[kind] = (result.faultCounts[kind] ?? 0) + times;
    if (outcome.violations.length === 0) continue;
    result.failedSeeds.push(seed);
    if (stopAtFirst) break;
  }
  return result;
}

parentPort!.on('message', (range: SeedRange) => {
  void run(range).then((result) => parentPort!.postMessage(result));
});
