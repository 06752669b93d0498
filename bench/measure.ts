/** Measures one run from outside, the same way for every contender: nothing in a contender knows that it is measured. */
import type { Cluster, Progress } from '../test/support/cluster.ts';
import type { RunningProcess } from '../test/support/child-process.ts';

export interface Measurement {
  /** From the first record to the commit of the last. */
  readonly recordsPerSecond: number;
  /** The same for the second half of the records: warmed up. */
  readonly secondHalfPerSecond: number;
  /** Of the process from the first record on, per million records. */
  readonly cpuSecondsPerMillion: number;
  /** Of the process before its first record. */
  readonly startCpuSeconds: number;
  readonly peakRssMb: number;
  /** From the start of the process to its first record. */
  readonly secondsToFirst: number;
}

export interface Run {
  readonly child: RunningProcess;
  /** Resolves when the first record is fetched, or just before it. */
  readonly first: Promise<void>;
  readonly groupId: string;
}

const LOOK_EVERY_MS = 25;
const TIMEOUT_MS = 900_000;

export async function measure(run: Run, cluster: Cluster, input: string): Promise<Measurement> {
  const startedAt = performance.now();
  await run.first;
  const firstAt = performance.now();
  const startCpuSeconds = run.child.usage().cpuSeconds;
  const half = new HalfWay();
  const { committed: records } = await cluster.waitForCommitted(run.groupId, input, {
    timeoutMs: TIMEOUT_MS,
    everyMs: LOOK_EVERY_MS,
    check: () => run.child.assertRunning(),
    onProgress: (progress) => half.look(progress),
  });
  const lastAt = performance.now();
  const { cpuSeconds, peakRssBytes } = run.child.usage();
  return {
    recordsPerSecond: perSecond(records, lastAt - firstAt),
    secondHalfPerSecond: half.perSecond(records, lastAt),
    cpuSecondsPerMillion: ((cpuSeconds - startCpuSeconds) / records) * 1e6,
    startCpuSeconds,
    peakRssMb: peakRssBytes / 2 ** 20,
    secondsToFirst: (firstAt - startedAt) / 1_000,
  };
}

/** Remembers when half of the records were committed, and how many that were. */
class HalfWay {
  #at = 0;
  #committed = 0;

  look({ committed, end }: Progress): void {
    if (this.#at > 0 || committed < end / 2) return;
    this.#at = performance.now();
    this.#committed = committed;
  }

  /** NaN when the second half was too short to be seen. */
  perSecond(records: number, lastAt: number): number {
    return records > this.#committed ? perSecond(records - this.#committed, lastAt - this.#at) : NaN;
  }
}

function perSecond(records: number, ms: number): number {
  return (records / ms) * 1_000;
}
