/** One run: start the parts, let faults strike under load, let it drain, stop all, look at what is left. */
import { dumpTopic } from '../support/dump.ts';
import { verify } from '../support/verifier.ts';
import { APPLICATION_ID, Parts, TOPICS, type Programs } from './cluster/parts.ts';
import { Conductor, type Occurrence } from './conductor.ts';
import { describePlanned, drawPlan } from './plan.ts';
import type { ChaosReport } from './report.ts';
import type { ChaosSettings } from './settings.ts';
import { keepLogs, readLogLines } from './verify/log-lines.ts';
import { MemoryWatch } from './verify/memory.ts';
import { ProgressWatch } from './verify/progress-watch.ts';
import { Recovery } from './verify/recovery.ts';
import { compareStoredState } from './verify/stored-state.ts';

/** No machine strikes more often than this; the plan is longer than any run. */
const MAX_FAULTS_A_MINUTE = 30;
const DRAIN_TIMEOUT_MS = 120_000;
/** A process that lived this long after its first minute tells whether memory grows. */
const MEMORY_MS = 60_000;

/** @throws Error when the application does not come back from a fault, or does not drain; `say` has heard of everything until then */
export async function runChaos(
  programs: Programs,
  settings: ChaosSettings,
  say: (line: string) => void,
): Promise<ChaosReport> {
  const startedAtMs = Date.now();
  const sayTimed = (line: string) =>
    say(`${((Date.now() - startedAtMs) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  const parts = await Parts.start(programs, settings);
  const memory = new MemoryWatch(parts.instances);
  try {
    sayTimed(`Kafka at ${parts.cluster.brokers}, Redis at ${parts.redis.server.address}`);
    const occurrences = await strike(parts, settings, sayTimed);
    await drain(parts, sayTimed);
    return await judge(parts, settings, occurrences, memory);
  } catch (error) {
    sayTimed(`Failed: ${(error as Error).message}`);
    tellLastLines(parts, say);
    throw error;
  } finally {
    memory.stop();
    if (settings.logFolder !== undefined) await keepLogs(settings.logFolder, parts.instances.lives);
    await parts.close();
  }
}

async function strike(
  parts: Parts,
  settings: ChaosSettings,
  say: (line: string) => void,
): Promise<readonly Occurrence[]> {
  const plan = drawPlan(
    settings.seed,
    settings.kinds,
    Math.min(settings.maxFaults, Math.ceil(settings.minutes * MAX_FAULTS_A_MINUTE)),
  );
  for (const planned of plan) say(`plan ${describePlanned(planned)}`);
  parts.startProducing(settings);
  const recovery = new Recovery();
  const watch = new ProgressWatch(parts.cluster.brokers, (look) => recovery.see(look));
  try {
    for (const number of [1, 2, 3]) await parts.instances.start(number);
    const conductor = new Conductor({ parts, recovery, say });
    say(`running after ${(await recovery.after(Date.now())).toFixed(1)} s`);
    return await conductor.play(plan, Date.now() + settings.minutes * 60_000);
  } finally {
    await watch.stop();
  }
}

/** The producer stops, everything is committed, everything stops. */
async function drain(parts: Parts, say: (line: string) => void): Promise<void> {
  await parts.stopProducing();
  const { end } = await parts.cluster.waitForCommitted(APPLICATION_ID, TOPICS.input, {
    timeoutMs: DRAIN_TIMEOUT_MS,
    everyMs: 250,
    check: () => parts.instances.assertRunning(),
  });
  say(`all of ${end} readings are committed`);
  await parts.instances.stopAll();
  if (parts.instances.hasUnfinished) await finish(parts, say);
}

/** As after a crash: whoever comes next takes the tasks over, and so brings the stores to the ends of their changelogs. */
async function finish({ instances }: Parts, say: (line: string) => void): Promise<void> {
  say('an instance ran out of time while it stopped: instance 1 starts once more');
  await instances.start(1);
  await instances.running[0]!.app.waitUntilReady(DRAIN_TIMEOUT_MS);
  await instances.stopAll();
}

async function judge(
  parts: Parts,
  settings: ChaosSettings,
  occurrences: readonly Occurrence[],
  memory: MemoryWatch,
): Promise<ChaosReport> {
  const { brokers } = parts.cluster;
  return {
    settings,
    occurrences,
    verdict: await verify(brokers, TOPICS, settings.emit),
    storedState: await compareStoredState(parts),
    numDeadLetters: (await dumpTopic(brokers, TOPICS.deadLetters)).length,
    badStops: parts.instances.badStops,
    logLines: readLogLines(parts.instances.lives),
    memory: memory.figures(MEMORY_MS),
  };
}

function tellLastLines({ instances }: Parts, say: (line: string) => void): void {
  for (const { number, app } of instances.lives.slice(-5)) {
    say(`The last lines of instance ${number} (process ${app.pid}):`);
    for (const line of app.lines.slice(-30)) say(`    ${line}`);
  }
}
