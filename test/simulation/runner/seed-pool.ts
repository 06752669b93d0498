/** Runs many seeds on several threads, until all are done or one has failed. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Without } from '../mutations/mutation.ts';
import type { Profile } from '../schedule.ts';

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly profile: Profile;
  readonly without: Without;
  readonly stopAtFirst: boolean;
}
export interface SeedRangeResult {
  runs: number;
  eventCount: number;
  virtualMs: number;
  /** How often each kind of fault happened. */
  faultCounts: Record<string, number>;
  failedSeeds: number[];
}
export interface SeedsResult extends SeedRangeResult {
  readonly elapsedMs: number;
}

/** So many seeds are on their way to a thread at once. */
const CHUNK = 25;

export async function runSeeds(seeds: SeedRange): Promise<SeedsResult> {
  const startedMs = performance.now();
  const total: SeedRangeResult = { runs: 0, eventCount: 0, virtualMs: 0, faultCounts: {}, failedSeeds: [] };
  const threads = Math.max(1, Math.min(availableParallelism(), Math.ceil(seeds.count / CHUNK)));
  const ranges = chunks(seeds);
  await Promise.all(Array.from({ length: threads }, () => runThread(ranges, total)));
  total.failedSeeds.sort((a, b) => a - b);
  return { ...total, elapsedMs: performance.now() - startedMs };
}

function* chunks(seeds: SeedRange): Generator<SeedRange> {
  const end = seeds.from + seeds.count;
  for (let from = seeds.from; from < end; from += CHUNK)
    yield { ...seeds, from, count: Math.min(CHUNK, end - from) };
}

async function runThread(ranges: Iterator<SeedRange>, total: SeedRangeResult): Promise<void> {
  // Not within Jest: its modules run more slowly, and it does not let unhandled rejections through.
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
    execArgv: ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  try {
    for (let next = ranges.next(); next.done !== true; next = ranges.next()) {
      add(total, await runRange(worker, next.value));
      if (total.failedSeeds.length > 0 && next.value.stopAtFirst) return;
    }
  } finally {
    await worker.terminate();
  }
}

function runRange(worker: Worker, range: SeedRange): Promise<SeedRangeResult> {
  return new Promise((resolve, reject) => {
    worker.once('message', (result: SeedRangeResult) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.once('error', reject);
    worker.postMessage(range);
  });
}

function add(total: SeedRangeResult, one: SeedRangeResult): void {
  total.runs += one.runs;
  total.eventCount += one.eventCount;
  total.virtualMs += one.virtualMs;
  total.failedSeeds.push(...one.failedSeeds);
  for (const [kind, times] of Object.entries(one.faultCounts))
    total.faultCounts[kind] = (total.faultCounts[kind] ?? 0) + times;
}
