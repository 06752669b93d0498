/** Committed offsets of all groups, and those of transactions that are not settled yet. */
import type { CommittedOffset, TopicPartition } from '@hiveframe/streams';
import { partitionKey } from './partition-key.ts';
import type { ServerTransaction } from './server-transaction.ts';

/** A commit without a transaction, as its sender knows it. */
export interface SentCommit {
  readonly memberId: string;
  /** Not yet, or never: the answer was lost, or came when it had given up. */
  readonly isAnswered: boolean;
}

interface Committed {
  readonly offset: CommittedOffset;
  /** null: in a transaction. */
  readonly sent: SentCommit | null;
}

interface Group {
  readonly committed: Map<string, Committed>;
  /** In the order they came in. */
  readonly pending: Set<ServerTransaction>;
}

/** Told of every offset that becomes valid in place of another. `isUnheard`: one member committed both, without transactions, and
 *  has had no answer to the first. */
export type OffsetsListener = (before: CommittedOffset, now: CommittedOffset, isUnheard: boolean) => void;

export class GroupOffsets {
  readonly #groups = new Map<string, Group>();
  readonly #listener: OffsetsListener;
  #waiting: (() => void)[] = [];

  constructor(listener: OffsetsListener) {
    this.#listener = listener;
  }

  put(groupId: string, offsets: Iterable<CommittedOffset>, sent: SentCommit | null): void {
    const { committed } = this.#group(groupId);
    for (const offset of offsets) {
      const key = partitionKey(offset);
      const before = committed.get(key);
      if (before !== undefined) this.#listener(before.offset, offset, isUnheard(before.sent, sent));
      committed.set(key, { offset, sent });
    }
  }

  get(groupId: string, at: TopicPartition): CommittedOffset | null {
    return this.#group(groupId).committed.get(partitionKey(at))?.offset ?? null;
  }

  addPending(transaction: ServerTransaction, groupId: string, offsets: readonly CommittedOffset[]): void {
    const added = transaction.offsets.get(groupId) ?? new Map<string, CommittedOffset>();
    transaction.offsets.set(groupId, added);
    for (const offset of offsets) added.set(partitionKey(offset), offset);
    this.#group(groupId).pending.add(transaction);
  }

  /** The transaction is decided. Those of one partition become valid in the order they came in. */
  settle(transaction: ServerTransaction, groupId: string): void {
    const { pending } = this.#group(groupId);
    for (const former of pending) {
      if (former === transaction) break;
      if (former.outcome !== null) this.#settleOne(former, groupId);
    }
    if (pending.has(transaction)) this.#settleOne(transaction, groupId);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #settleOne(transaction: ServerTransaction, groupId: string): void {
    this.#group(groupId).pending.delete(transaction);
    if (transaction.outcome === 'committed')
      this.put(groupId, transaction.offsets.get(groupId)!.values(), null);
  }

  /** Waits out what is pending for these partitions (D35). */
  async stable(groupId: string, partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    while (this.#hasPending(groupId, partitions))
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.now(groupId, partitions);
  }

  now(groupId: string, partitions: readonly TopicPartition[]): CommittedOffset[] {
    return partitions.flatMap((at) => this.get(groupId, at) ?? []);
  }

  #hasPending(groupId: string, partitions: readonly TopicPartition[]): boolean {
    return [...this.#group(groupId).pending].some((transaction) => {
      const offsets = transaction.offsets.get(groupId)!;
      return partitions.some((at) => offsets.has(partitionKey(at)));
    });
  }

  #group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = { committed: new Map(), pending: new Set() };
      this.#groups.set(groupId, group);
    }
    return group;
  }
}

function isUnheard(before: SentCommit | null, now: SentCommit | null): boolean {
  return before !== null && before.memberId === now?.memberId && !before.isAnswered;
}
