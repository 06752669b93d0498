/** The transaction coordinator.
 *  T1 The newest identity of a transactional id owns it; older ones are refused, their open transaction is aborted.
 *  T2 A decision is one step; markers and offsets follow it one by one, later, in any order: nobody may count on more than
 *     the decision when an answer comes.
 *  T3 An open transaction is aborted when its time is over. */
import type { CommittedOffset, ProducerIdentity } from '@hiveframe/streams';
import type { Random } from '../kernel/random.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import { abortable, fenced } from './failures.ts';
import type { GroupOffsets } from './group-offsets.ts';
import type { LogPartition } from './log-partition.ts';
import { ServerTransaction, type TransactionToken } from './server-transaction.ts';

interface Producer {
  epoch: number;
  current: ServerTransaction | null;
}

export interface TransactionsOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly offsets: GroupOffsets;
  /** How late a marker may be. */
  readonly markerDelayMs: number;
  /** Something may have become visible. */
  changed(): void;
}

export class Transactions {
  readonly #options: TransactionsOptions;
  readonly #producers = new Map<string, Producer>();
  /** Markers and offsets that are still to be written. */
  unwritten = 0;

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  open(transactionalId: string): ProducerIdentity {
    const producer = this.#producers.get(transactionalId) ?? { epoch: -1, current: null };
    this.#producers.set(transactionalId, producer);
    this.#abortCurrent(producer);
    producer.current = null;
    producer.epoch++;
    return { producerId: 1, epoch: producer.epoch };
  }

  /** Of the caller's transaction, which begins with its first use. @throws LogError */
  use(token: TransactionToken, timeoutMs: number): ServerTransaction {
    const producer = this.#ownerOf(token);
    const { current } = producer;
    if (current?.token.number === token.number) {
      if (current.outcome === null) return current;
      throw abortable(`the transaction was ${current.outcome} already`);
    }
    if (current !== null && current.token.number > token.number) throw abortable('the transaction has ended');
    const { time } = this.#options;
    const begun = new ServerTransaction(token, time.nowMs);
    producer.current = begun;
    time.after(timeoutMs, () => this.#expire(begun));
    return begun;
  }

  addOffsets(transaction: ServerTransaction, groupId: string, offsets: readonly CommittedOffset[]): void {
    this.#options.offsets.addPending(transaction, groupId, offsets);
  }

  end(token: TransactionToken, outcome: 'committed' | 'aborted'): 'committed' | 'aborted' {
    const { current } = this.#ownerOf(token);
    if (current?.token.number !== token.number) return outcome; // untouched
    if (current.outcome === null) this.#decide(current, outcome);
    return current.outcome!;
  }

  /** Ends every open transaction, as if its time were over. */
  expireAll(): void {
    for (const { current } of this.#producers.values()) if (current !== null) this.#expire(current);
  }
  get hasOpen(): boolean {
    return [...this.#producers.values()].some(({ current }) => current !== null && current.outcome === null);
  }

  #ownerOf({ transactionalId, epoch }: TransactionToken): Producer {
    const producer = this.#producers.get(transactionalId);
    if (producer?.epoch === epoch) return producer;
    throw fenced(`epoch ${epoch} of ${transactionalId} is over, it is at ${producer?.epoch}`);
  }

  #expire(transaction: ServerTransaction): void {
    if (transaction.outcome === null) this.#decide(transaction, 'aborted');
  }
  #abortCurrent({ current }: Producer): void {
    if (current !== null && current.outcome === null) this.#decide(current, 'aborted');
  }

  #decide(transaction: ServerTransaction, outcome: 'committed' | 'aborted'): void {
    transaction.outcome = outcome;
    for (const partition of transaction.partitions) this.#later(() => this.#mark(transaction, partition));
    for (const groupId of transaction.offsets.keys())
      this.#later(() => this.#options.offsets.settle(transaction, groupId));
  }

  #mark(transaction: ServerTransaction, partition: LogPartition): void {
    partition.mark(transaction);
    this.#options.changed();
  }

  #later(write: () => void): void {
    const { time, random, markerDelayMs } = this.#options;
    this.unwritten++;
    time.after(random.between(0, markerDelayMs), () => {
      this.unwritten--;
      write();
    });
  }
}
