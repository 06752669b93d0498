/** Where a partition begins and ends, and what of it is decided.
 *
 *  P1 Offsets only grow, over crashes too: records that go leave a gap.
 *  P2 Below the last stable offset every stored batch is committed: those of aborted transactions were deleted when they ended.
 *     So a read_committed reader needs no filter, only this bound. */
import type { TopicPartition } from '@hiveframe/streams';
import type { Topic } from './topic.ts';

export class Partition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly id: number;
  readonly #owner: Topic;
  /** First offset of every open transaction, by transaction. */
  readonly #open = new Map<object, number>();
  #startOffset = 0;
  #endOffset = 0;

  constructor(owner: Topic, id: number, number: number) {
    this.#owner = owner;
    this.topic = owner.name;
    this.partition = number;
    this.id = id;
  }

  get maxBatchBytes(): number {
    return this.#owner.maxBatchBytes;
  }
  get deleted(): boolean {
    return this.#owner.deleted;
  }
  get startOffset(): number {
    return this.#startOffset;
  }
  /** Kafka's high watermark: one log, so whatever is written is replicated. */
  get endOffset(): number {
    return this.#endOffset;
  }
  /** The first offset that is not decided yet. */
  get lastStableOffset(): number {
    let stable = this.#endOffset;
    for (const first of this.#open.values()) if (first < stable) stable = first;
    return Math.max(stable, this.#startOffset);
  }

  /** Takes the next `count` offsets; gives the first of them. */
  allocate(count: number): number {
    const baseOffset = this.#endOffset;
    this.#endOffset += count;
    return baseOffset;
  }
  moveStart(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset);
  }
  /** The state of the database after a start or a failure; no transaction is open then. */
  restore(startOffset: number, endOffset: number): void {
    this.#open.clear();
    this.#startOffset = startOffset;
    this.#endOffset = Math.max(this.#endOffset, endOffset, startOffset);
  }

  /** A transaction wrote here, at `offset` or before. */
  opened(transaction: object, offset: number): void {
    if (!this.#open.has(transaction)) this.#open.set(transaction, offset);
  }
  ended(transaction: object): void {
    this.#open.delete(transaction);
  }
}
