/** Who does the reference work: this project's application and the same on Kafka Streams. */
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

/** Kafka Streams with exactly_once_v2 and RocksDB. */
export function kafkaStreams(threads: number): Contender {
  const start = async (task: Task): Promise<Run> => {
    const child = startPeer('StreamsPeer', [task.brokers, task.input, task.output], {
      'application-id': task.id,
      alerts: task.alerts,
      emit: task.emit,
      threads,
    });
    const look = () => {
      child.assertRunning();
      return child.lines.includes('first record');
    };
    const first = eventually('Kafka Streams sees its first record', look, { timeoutMs: 120_000, everyMs: 5 });
    return { child, first: first.then(() => undefined), groupId: task.id };
  };
  return { name: `Kafka Streams, ${threads} thread${threads === 1 ? '' : 's'}`, start };
}
