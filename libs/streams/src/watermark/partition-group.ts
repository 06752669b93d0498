/** Which input's head is next: the lowest event time across the task's partitions (Kafka Streams: PartitionGroup); on equal times
 *  a table's before a stream's.
 *  G1 An input that is empty but known to be behind is waited for (D21).
 *  G2 One that is empty and has no more in the log is waited for as long as `maxTaskIdleMs` says, once until it has records again.
 *     Below 0 nothing is waited for at all (Kafka Streams: `max.task.idle.ms`). */
import type { Clock } from '../ports/runtime.ts';
import type { RecordQueue } from '../source/record-queue.ts';

const NOT_IDLE = -1;

export class PartitionGroup {
  readonly queues: readonly RecordQueue[];
  /** The queue whose record is being read, so that a failure knows its origin. */
  reading: RecordQueue | null;
  readonly #single: RecordQueue | null;
  readonly #tablesFirst: readonly RecordQueue[];
  readonly #maxTaskIdleMs: number;
  readonly #clock: Clock;
  /** Since when each input has been seen to be empty and not behind. */
  readonly #idleSinceMs: number[];

  constructor(queues: readonly RecordQueue[], maxTaskIdleMs: number, clock: Clock) {
    this.queues = queues;
    this.reading = this.#single = queues.length === 1 ? queues[0]! : null;
    this.#tablesFirst = [...queues].sort((a, b) => Number(isTable(b)) - Number(isTable(a)));
    this.#maxTaskIdleMs = maxTaskIdleMs;
    this.#clock = clock;
    this.#idleSinceMs = queues.map(() => NOT_IDLE);
  }

  /** The queue whose head is to be processed now; null: nothing to do, or an input is waited for. */
  next(): RecordQueue | null {
    if (this.#single === null) return this.#lowest();
    return this.#single.advance() ? this.#single : null;
  }

  #lowest(): RecordQueue | null {
    let lowest: RecordQueue | null = null;
    let waits = false;
    for (const queue of this.#tablesFirst) {
      this.reading = queue;
      if (!queue.advance()) {
        if (this.#isWaitedFor(queue)) waits = true;
        continue;
      }
      this.#idleSinceMs[queue.index] = NOT_IDLE;
      if (lowest === null || queue.timestampMs < lowest.timestampMs) lowest = queue;
    }
    this.reading = lowest;
    return waits ? null : lowest;
  }

  #isWaitedFor(queue: RecordQueue): boolean {
    if (this.#maxTaskIdleMs < 0) return false;
    if (queue.isBehind) {
      this.#idleSinceMs[queue.index] = NOT_IDLE;
      return true;
    }
    if (this.#maxTaskIdleMs === 0) return false;
    const nowMs = this.#clock.nowMs();
    if (this.#idleSinceMs[queue.index] === NOT_IDLE) this.#idleSinceMs[queue.index] = nowMs;
    return nowMs - this.#idleSinceMs[queue.index]! < this.#maxTaskIdleMs;
  }
}

function isTable({ source }: RecordQueue): boolean {
  return source.table === true;
}
