/** Between fetch and queue: at-most-once commits the offsets of what was fetched before it lets the task see it. */
import type { FetchedRecords, PartitionOffset } from '../ports/log.ts';
import type { RecordQueue } from './record-queue.ts';

export interface Intake {
  add(fetched: FetchedRecords): void;
  /** Bytes that no queue has yet. */
  readonly heldBytes: number;
  /** What the queues have must be processed before the task is given up: its offsets are committed already. */
  readonly commitsAhead: boolean;
  /** From here on keeps what comes, until `release`. */
  hold(): void;
  release(): void;
  /** Ends when nothing is on its way to the queues. */
  settled(): Promise<void>;
}

export class DirectIntake implements Intake {
  readonly heldBytes = 0;
  readonly commitsAhead = false;
  readonly #queueOf: (fetched: FetchedRecords) => RecordQueue;

  constructor(queueOf: (fetched: FetchedRecords) => RecordQueue) {
    this.#queueOf = queueOf;
  }
  add(fetched: FetchedRecords): void {
    this.#queueOf(fetched).add(fetched);
  }
  hold(): void {}
  release(): void {}
  async settled(): Promise<void> {}
}

/** One commit at a time; what comes meanwhile goes with the next. */
export class CommitAheadIntake implements Intake {
  readonly #queueOf: (fetched: FetchedRecords) => RecordQueue;
  readonly #commitAhead: (offsets: readonly PartitionOffset[]) => Promise<void>;
  readonly #onFailure: (error: Error) => void;
  #held: FetchedRecords[] = [];
  #committing: Promise<void> | null = null;
  heldBytes = 0;
  readonly commitsAhead = true;
  #isHolding = false;

  constructor(
    queueOf: (fetched: FetchedRecords) => RecordQueue,
    commitAhead: (offsets: readonly PartitionOffset[]) => Promise<void>,
    onFailure: (error: Error) => void,
  ) {
    this.#queueOf = queueOf;
    this.#commitAhead = commitAhead;
    this.#onFailure = onFailure;
  }

  add(fetched: FetchedRecords): void {
    this.#held.push(fetched);
    this.heldBytes += fetched.sizeBytes;
    if (!this.#isHolding) this.#committing ??= this.#commitHeld();
  }

  hold(): void {
    this.#isHolding = true;
  }
  release(): void {
    this.#isHolding = false;
    if (this.#held.length > 0) this.#committing ??= this.#commitHeld();
  }

  async settled(): Promise<void> {
    await this.#committing;
  }

  async #commitHeld(): Promise<void> {
    try {
      while (this.#held.length > 0 && !this.#isHolding) await this.#commitOnce();
    } catch (error) {
      this.#onFailure(error as Error);
    } finally {
      this.#committing = null;
    }
  }

  async #commitOnce(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    const last = new Map(held.map((fetched) => [`${fetched.topic}/${fetched.partition}`, fetched]));
    await this.#commitAhead(
      Array.from(last.values(), ({ topic, partition, nextOffset }) => ({
        topic,
        partition,
        offset: nextOffset,
      })),
    );
    for (const fetched of held) {
      this.heldBytes -= fetched.sizeBytes;
      this.#queueOf(fetched).add(fetched);
    }
  }
}
