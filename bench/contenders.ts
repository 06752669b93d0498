/** Who does the work: this project's applications, the same by hand, and the same on Kafka Streams. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunningProcess } from '../test/support/child-process.ts';
import { eventually } from '../test/support/eventually.ts';
import { startPeer } from '../test/support/peer.ts';
import { ReferenceApp } from '../test/support/reference-app.ts';
import { carryInput, carryOutput } from './embedded-copy.ts';
import type { AppSettings } from './scenarios/app/settings.ts';
import type { Choice, Contender, PeerProgram, Run, Task } from './scenarios/scenario.ts';

/** null: in memory. */
export function storesOf({ stores, redisUrl }: Choice): readonly (string | null)[] {
  return stores.flatMap((store) => (store === 'memory' ? [null] : redisUrl === null ? [] : [redisUrl]));
}

export function storesName(redisUrl: string | null): string {
  return redisUrl === null ? 'memory' : 'Redis';
}

/** The built reference application, as it is deployed. */
export function referenceApp(
  choice: Choice,
  emit: string,
  redisUrl: string | null,
  numStreamThreads: number,
): Contender {
  const start = async (task: Task): Promise<Run> => {
    const app = await ReferenceApp.start({
      KAFKA_BROKERS: choice.brokers,
      REDIS_URL: redisUrl ?? '',
      APPLICATION_ID: task.id,
      INPUT_TOPIC: task.input,
      OUTPUT_TOPIC: task.output,
      ALERT_TOPIC: task.alerts,
      DEAD_LETTER_TOPIC: task.deadLetters,
      EMIT: emit,
      PROCESSING_GUARANTEE: choice.guarantee,
      COMMIT_INTERVAL_MS: String(choice.commitIntervalMs),
      NUM_STREAM_THREADS: String(numStreamThreads),
    });
    // Ready means assigned and restored: the first record comes after that.
    const running = () => app.waitUntilReady(60_000, 5);
    return { child: app, running, first: running, groupId: task.id, internalTopics: [] };
  };
  const threads = numStreamThreads === 1 ? '' : `, ${numStreamThreads} threads`;
  return { worksOnKafka: true, name: `HiveFrame, ${storesName(redisUrl)}${threads}`, start };
}

/** A flow of `scenarios/app/`, and the names of its internal topics behind `<applicationId>-`. */
export interface App {
  readonly flow: string;
  readonly internalTopics: readonly string[];
}

/** An application of one of the flows in `scenarios/app/`. */
export function benchApp(name: string, app: App, choice: Choice, redisUrl: string | null): Contender {
  const start = async (task: Task): Promise<Run> => {
    const child = startApp(name, {
      ...settingsOf(app, task, choice),
      log: { brokers: choice.brokers },
      redisUrl,
    });
    return runOf(child, task, app, 'running');
  };
  return { worksOnKafka: true, name, start };
}

/** The same on the embedded log, durable: its input is copied from Kafka before, its output to Kafka after. */
export function embeddedApp(app: App, choice: Choice): Contender {
  const name = 'HiveFrame, embedded log';
  const start = async (task: Task): Promise<Run> => {
    const checkpointDir = mkdtempSync(join(tmpdir(), 'bench-embedded-'));
    await carryInput(choice.brokers, checkpointDir, task);
    const settings = { ...settingsOf(app, task, choice), log: { checkpointDir }, redisUrl: null };
    const child = startApp(name, settings);
    const end = async (): Promise<void> => {
      await carryOutput(choice.brokers, checkpointDir, task);
      rmSync(checkpointDir, { recursive: true });
    };
    return { ...runOf(child, task, app, 'running'), done: () => said(child, 'done'), end };
  };
  return { worksOnKafka: false, name, start };
}

const APP = fileURLToPath(new URL('scenarios/app/app.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

function settingsOf({ flow }: App, task: Task, { guarantee, commitIntervalMs }: Choice) {
  const { id: applicationId, ...topics } = task;
  return { applicationId, topics: [topics], flow, guarantee, commitIntervalMs };
}

export function startApp(
  name: string,
  settings: AppSettings,
  nodeOptions: readonly string[] = [],
): RunningProcess {
  return new RunningProcess({
    name,
    command: NODE,
    args: [...nodeOptions, APP],
    env: { BENCH_APP: JSON.stringify(settings), NODE_ENV: 'production', NODE_OPTIONS: '' },
  });
}

const BASELINE = fileURLToPath(new URL('baseline/main.ts', import.meta.url));

/** The bare loop, on the same client: the limit. It emits updates only. */
export function bareLoop({ brokers, commitIntervalMs }: Choice): Contender {
  const start = async (task: Task): Promise<Run> => {
    const child = new RunningProcess({
      name: 'bare loop',
      command: NODE,
      args: [BASELINE],
      env: {
        KAFKA_BROKERS: brokers,
        APPLICATION_ID: task.id,
        INPUT_TOPIC: task.input,
        OUTPUT_TOPIC: task.output,
        ALERT_TOPIC: task.alerts,
        COMMIT_INTERVAL_MS: String(commitIntervalMs),
      },
    });
    const running = () => said(child, 'first record');
    return { child, running, first: running, groupId: task.id, internalTopics: [] };
  };
  return { worksOnKafka: true, name: 'bare loop', start };
}

/** Kafka Streams; its state on RocksDB or in memory. */
export function kafkaStreams(
  choice: Choice,
  program: (task: Task) => PeerProgram,
  internalTopics: readonly string[],
): Contender {
  const { brokers, threads, peerStore, guarantee, commitIntervalMs } = choice;
  const start = async (task: Task): Promise<Run> => {
    const { program: name, words, options } = program(task);
    const stateDir = mkdtempSync(join(tmpdir(), 'bench-peer-'));
    const child = startPeer(name, [brokers, task.input, task.output, ...words], {
      ...options,
      'application-id': task.id,
      guarantee: guarantee === 'exactly_once' ? 'exactly_once_v2' : guarantee,
      'commit-interval-ms': commitIntervalMs,
      threads,
      store: peerStore,
      'state-dir': stateDir,
    });
    const end = async (): Promise<void> => rmSync(stateDir, { recursive: true });
    return { ...runOf(child, task, { internalTopics }, 'first record'), end };
  };
  return { worksOnKafka: true, name: peerName(choice), start };
}

export function peerName({ threads, peerStore }: Choice): string {
  const store = peerStore === 'memory' ? ', in memory' : '';
  return `Kafka Streams, ${threads} thread${threads === 1 ? '' : 's'}${store}`;
}

/** Of a program that says "running", and something for its first record. */
function runOf(
  child: RunningProcess,
  task: Task,
  { internalTopics }: Pick<App, 'internalTopics'>,
  firstLine: string,
): Run {
  return {
    child,
    running: () => said(child, 'running'),
    first: () => said(child, firstLine),
    groupId: task.id,
    internalTopics: internalTopics.map((name) => `${task.id}-${name}`),
  };
}

/** Resolves when the program has said this line. */
export async function said(child: RunningProcess, line: string): Promise<void> {
  const look = () => {
    child.assertRunning();
    return child.lines.includes(line);
  };
  await eventually(`${child.name} says '${line}'`, look, { timeoutMs: 300_000, everyMs: 5 });
}
