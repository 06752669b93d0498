/** Repartition and sink topics keep records for ever, so that none is lost by time; what every commit has passed is removed
 *  (KIP-811). A failed purge is no harm: the next one removes more. What a sink has stays for an interval longer, and if its task
 *  starts over meanwhile: its target may fail over and lose its last writes, which are then read again. */
import type { PartitionOffset } from '../ports/log.ts';
import { isSamePartition } from '../ports/topic-partition.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import type { StreamTask } from '../task/stream-task.ts';

/** Kafka Streams: `repartition.purge.interval.ms`. */
const PURGE_INTERVAL_MS = 30_000;

export class RepartitionPurge {
  readonly #environment: TaskEnvironment;
  #lastMs: number;
  #running = false;
  /** Of sinks, at the last purge. */
  #confirmed: readonly PartitionOffset[] = [];

  constructor(environment: TaskEnvironment) {
    this.#environment = environment;
    this.#lastMs = environment.clock.nowMs();
  }

  maybeRun(nowMs: number, tasks: Iterable<StreamTask>): void {
    if (this.#running || nowMs - this.#lastMs < PURGE_INTERVAL_MS) return;
    this.#lastMs = nowMs;
    const all = [...tasks];
    const others = all.filter((task) => !feedsSink(task));
    const confirmed = all.filter(feedsSink).flatMap(committedInternal);
    const stillConfirmed = this.#confirmed.filter((one) =>
      confirmed.some((other) => isSamePartition(one, other)),
    );
    this.#confirmed = confirmed;
    const upTo = [...others.flatMap(committedInternal), ...stillConfirmed];
    if (upTo.length > 0) void this.#run(upTo);
  }

  async #run(upTo: readonly PartitionOffset[]): Promise<void> {
    this.#running = true;
    try {
      await this.#environment.log.admin.deleteRecords(upTo);
    } catch (error) {
      this.#environment.logger.log(
        'debug',
        `Repartition topics were not purged: ${(error as Error).message}`,
      );
    } finally {
      this.#running = false;
    }
  }
}

function feedsSink({ subTopology }: StreamTask): boolean {
  return subTopology.nodes.some(({ spec }) => spec.kind === 'operator' && spec.sink !== undefined);
}

function committedInternal(task: StreamTask): PartitionOffset[] {
  const internal = new Set(
    task.inputs.filter((queue) => queue.source.topic.internal).map((queue) => queue.topic),
  );
  return task.committed.filter(({ topic }) => internal.has(topic));
}
