import type { TopicPartition } from '@hiveframe/streams';
import type { PendingBatch } from './pending-batch.ts';

/** Sequence numbers wrap within 31 bits (as `DefaultRecordBatch.incrementSequence`). */
const SEQUENCES = 2 ** 31;

/** The batches of one partition in order, one of them in flight at most. */
export class PartitionQueue implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  inFlight = false;
  /** Tries of the head so far that did not come to a decision. */
  retries = 0;
  /** Waits a moment before another try. */
  isPausing = false;
  /** False: the transaction does not know the partition yet. */
  admitted = true;
  #sequence = 0;
  #batches: PendingBatch[] = [];

  constructor(at: TopicPartition) {
    this.topic = at.topic;
    this.partition = at.partition;
  }

  get sequence(): number {
    return this.#sequence;
  }
  get head(): PendingBatch | undefined {
    return this.#batches[0];
  }
  get batches(): readonly PendingBatch[] {
    return this.#batches;
  }

  push(batch: PendingBatch): void {
    this.#batches.push(batch);
  }
  /** The head was appended: sequences move on only now, so that a refused batch leaves no hole. */
  appended(): void {
    this.retries = 0;
    const head = this.#batches.shift()!;
    this.#sequence = (this.#sequence + head.records.count) % SEQUENCES;
  }
  dropHead(): void {
    this.retries = 0;
    this.#batches.shift();
  }
  replaceHead(...batches: PendingBatch[]): void {
    this.#batches.splice(0, 1, ...batches);
  }
  /** Takes out all that wait; the one in flight stays until its answer. */
  takeWaiting(): PendingBatch[] {
    return this.#batches.splice(this.inFlight ? 1 : 0);
  }
  /** For a new identity. */
  restart(): void {
    this.#sequence = 0;
    this.admitted = true;
  }
}
