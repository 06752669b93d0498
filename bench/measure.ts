/** Measures one run from outside, the same way for every contender: nothing in a contender knows that it is measured. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, Progress } from '../test/support/cluster.ts';
import type { Run } from './scenarios/scenario.ts';
import type { Services } from './services.ts';

export interface Measurement {
  /** From the first record to the commit of the last. */
  readonly recordsPerSecond: number;
  /** The same for the second half of the records: warmed up. null where nobody sees when that began. */
  readonly secondHalfPerSecond: number | null;
  /** Of the process from the first record on, per million records. */
  readonly cpuSecondsPerMillion: number;
  /** Of the broker in the same time, whoever it worked for; null where it cannot be asked. */
  readonly brokerCpuSecondsPerMillion: number | null;
  readonly redisCpuSecondsPerMillion: number | null;
  /** Of the process before its first record. */
  readonly startCpuSeconds: number;
  readonly peakRssMb: number;
  /** From the start of the process to its first record. */
  readonly secondsToFirst: number;
}

/** Where the work is measured. */
export interface Place {
  readonly cluster: Cluster;
  readonly services: Services;
  readonly input: string;
}

const LOOK_EVERY_MS = 25;
const TIMEOUT_MS = 900_000;
/** Internal topics are at rest when nothing of them was committed for so long. */
const REST_MS = 1_000;

export async function measure(run: Run, place: Place): Promise<Measurement> {
  const startedAt = performance.now();
  await run.first();
  const firstAt = performance.now();
  const before = { app: run.child.usage(), ...(await place.services.cpu()) };
  const half = new HalfWay();
  const { lastAt, records } = await end(run, place, half);
  const after = { app: run.child.usage(), ...(await place.services.cpu()) };
  const perMillion = (name: 'brokerSeconds' | 'redisSeconds') => {
    const [from, to] = [before[name], after[name]];
    return from === null || to === null ? null : ((to - from) / records) * 1e6;
  };
  return {
    recordsPerSecond: perSecond(records, lastAt - firstAt),
    secondHalfPerSecond: half.perSecond(records, lastAt),
    cpuSecondsPerMillion: ((after.app.cpuSeconds - before.app.cpuSeconds) / records) * 1e6,
    brokerCpuSecondsPerMillion: perMillion('brokerSeconds'),
    redisCpuSecondsPerMillion: perMillion('redisSeconds'),
    startCpuSeconds: before.app.cpuSeconds,
    peakRssMb: after.app.peakRssBytes / 2 ** 20,
    secondsToFirst: (firstAt - startedAt) / 1_000,
  };
}

interface End {
  readonly records: number;
  readonly lastAt: number;
}

async function end(run: Run, { cluster, input }: Place, half: HalfWay): Promise<End> {
  if (run.done !== undefined) {
    await run.done();
    const lastAt = performance.now();
    return { records: (await cluster.progress(run.groupId, input)).end, lastAt };
  }
  const { committed: records } = await cluster.waitForCommitted(run.groupId, input, {
    timeoutMs: TIMEOUT_MS,
    everyMs: LOOK_EVERY_MS,
    check: () => run.child.assertRunning(),
    onProgress: (progress) => half.look(progress),
  });
  const lastAt = performance.now();
  return { records, lastAt: Math.max(lastAt, await rest(run, cluster)) };
}

/** When the internal topics were committed last; 0 without any. Offsets tell no end here: the marks of transactions behind the last
 *  record have some too, and need not be committed. Whether everything came through is for the verifier to say. */
async function rest(run: Run, cluster: Cluster): Promise<number> {
  if (run.internalTopics.length === 0) return 0;
  let committed = -1;
  let changedAt = performance.now();
  while (performance.now() - changedAt < REST_MS) {
    run.child.assertRunning();
    const progress = await Promise.all(
      run.internalTopics.map((topic) => cluster.progress(run.groupId, topic)),
    );
    const sum = progress.reduce((total, topic) => total + topic.committed, 0);
    if (sum > committed) changedAt = performance.now();
    committed = sum;
    await delay(LOOK_EVERY_MS);
  }
  return changedAt;
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

  /** null when the second half was too short to be seen, or nobody looked. */
  perSecond(records: number, lastAt: number): number | null {
    if (this.#at === 0 || records <= this.#committed) return null;
    return perSecond(records - this.#committed, lastAt - this.#at);
  }
}

function perSecond(records: number, ms: number): number {
  return (records / ms) * 1_000;
}
