/** End-to-end latency of a running application: the generator and the reader are one Java program, the same for every contender. */
import { runPeer } from '../test/support/peer.ts';
import type { Run } from './scenarios/scenario.ts';

export interface Load {
  /** Records per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Under the same load, before what counts: for compilers and caches. */
  readonly warmupSeconds: number;
}

/** From the moment when a record was due to be written to the moment when a read_committed consumer has its result. */
export interface Latency {
  readonly results: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** How late the generator was at most. */
  readonly behindMs: number;
  /** Of the contender's process, in cores, over the whole load. */
  readonly cores: number;
}

/** words: brokers, input and the topic of the results. */
export async function measureLatency(run: Run, words: readonly string[], load: Load): Promise<Latency> {
  await run.running();
  const before = run.child.usage().cpuSeconds;
  const { rate, seconds, warmupSeconds } = load;
  const lines = await runPeer('Latency', words, { rate, seconds, 'warmup-seconds': warmupSeconds });
  run.child.assertRunning();
  const cpuSeconds = run.child.usage().cpuSeconds - before;
  const said = JSON.parse(lines.at(-1)!) as Omit<Latency, 'cores'>;
  if (said.results === 0) throw new Error(`No results came through ${run.child.name}`);
  return { ...said, cores: cpuSeconds / (seconds + warmupSeconds) };
}
