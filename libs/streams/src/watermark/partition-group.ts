/** Which input's head is next: the lowest event time across the task's partitions (Kafka Streams: PartitionGroup).
 *  An input that is empty but known to be behind is waited for (D21, `max.task.idle.ms` = 0). */
import type { RecordQueue } from '../source/record-queue.ts';

export class PartitionGroup {
  readonly queues: readonly RecordQueue[];
  /** The queue whose record is being read, so that a failure knows its origin. */
  reading: RecordQueue | null = null;
  readonly #single: RecordQueue | null;

  constructor(queues: readonly RecordQueue[]) {
    this.queues = queues;
    this.#single = queues.length === 1 ? queues[0]! : null;
  }

  /** The queue whose head is to be processed now; null: nothing to do, or an input is waited for. */
  next(): RecordQueue | null {
    if (this.#single !== null) {
      this.reading = this.#single;
      return this.#single.advance() ? this.#single : null;
    }
    return this.#lowest();
  }

  #lowest(): RecordQueue | null {
    let lowest: RecordQueue | null = null;
    for (const queue of this.queues) {
      this.reading = queue;
      if (!queue.advance()) {
        if (queue.isBehind) return null;
      } else if (lowest === null || queue.timestampMs < lowest.timestampMs) {
        lowest = queue;
      }
    }
    this.reading = lowest;
    return lowest;
  }
}
