/** Who does the reference work: this project's application, the same by hand, and the same on Kafka Streams. */
import { fileURLToPath } from 'node:url';
import { RunningProcess } from '../test/support/child-process.ts';
import { eventually } from '../test/support/eventually.ts';
import { startPeer } from '../test/support/peer.ts';
import { ReferenceApp } from '../test/support/reference-app.ts';
import type { Run } from './measure.ts';

export type Emit = 'updates' | 'final';

/** The topics of one run; everything a run makes in Kafka begins with `id`. */
export interface Task {
  readonly id: string;
  readonly brokers: string;
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
  readonly deadLetters: string;
  readonly emit: Emit;
}

export interface Contender {
  readonly name: string;
  start(task: Task): Promise<Run>;
}

/** The built application; its state in Redis, or in its own memory. */
export function referenceApp(redisUrl: string | undefined): Contender {
  const start = async (task: Task): Promise<Run> => {
    const app = await ReferenceApp.start({
      KAFKA_BROKERS: task.brokers,
      REDIS_URL: redisUrl ?? '',
      APPLICATION_ID: task.id,
      INPUT_TOPIC: task.input,
      OUTPUT_TOPIC: task.output,
      ALERT_TOPIC: task.alerts,
      DEAD_LETTER_TOPIC: task.deadLetters,
      EMIT: task.emit,
    });
    // Ready means assigned and restored: the first record comes after that.
    return { child: app, first: app.waitUntilReady(60_000, 5), groupId: task.id };
  };
  return { name: redisUrl === undefined ? 'HiveFrame, memory' : 'HiveFrame, Redis', start };
}

const BASELINE = fileURLToPath(new URL('baseline/main.ts', import.meta.url));

/** The bare loop, on the same client: the limit. It emits updates only. */
export function bareLoop(): Contender {
  const start = async (task: Task): Promise<Run> => {
    const child = new RunningProcess({
      name: 'bare loop',
      command: process.execPath,
      args: [BASELINE],
      env: {
        KAFKA_BROKERS: task.brokers,
        APPLICATION_ID: task.id,
        INPUT_TOPIC: task.input,
        OUTPUT_TOPIC: task.output,
        ALERT_TOPIC: task.alerts,
      },
    });
    return { child, first: firstRecord(child), groupId: task.id };
  };
  return { name: 'bare loop', start };
}

/** Resolves when the program says that its first record is there. */
async function firstRecord(child: RunningProcess): Promise<void> {
  const look = () => {
    child.assertRunning();
    return child.lines.includes('first record');
  };
  await eventually(`${child.name} sees its first record`, look, { timeoutMs: 120_000, everyMs: 5 });
}

/** Kafka Streams with exactly_once_v2 and RocksDB. */
export function kafkaStreams(threads: number): Contender {
  const start = async (task: Task): Promise<Run> => {
    const child = startPeer('StreamsPeer', [task.brokers, task.input, task.output], {
      'application-id': task.id,
      alerts: task.alerts,
      emit: task.emit,
      threads,
    });
    return { child, first: firstRecord(child), groupId: task.id };
  };
  return { name: `Kafka Streams, ${threads} thread${threads === 1 ? '' : 's'}`, start };
}
