/** The transaction coordinator. Every method that changes something runs as a write of the queue, so it happens with everything
 *  else of its SQLite transaction or not at all.
 *
 *  X1 One owner per transactional id: the newest identity. Whoever holds an older one is fenced at its next call.
 *  X2 The commit of a transaction is one SQLite transaction: its records become visible and its offsets valid together.
 *  X3 No transaction outlives its timeout, its owner's successor, a failed write or the process: all of these abort it. */
import type { CommittedOffset, EndOffsets, ProducerIdentity } from '@hiveframe/streams';
import { abortable, fenced } from '../log-failures.ts';
import type { Storage } from '../storage/storage.ts';
import { appendBatch, checkBatches, endOffsets, type SealedBatch } from './append.ts';
import type { OpenTransaction } from './open-transaction.ts';
import type { Partition } from './partition.ts';
import type { Topics } from './topics.ts';

/** What setTimeout takes; more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Transactions {
  readonly #storage: Storage;
  readonly #topics: Topics;
  /** Called when a transaction has been open for too long, outside of a write. */
  readonly #expired: (transaction: OpenTransaction) => void;
  readonly #newest = new Map<string, ProducerIdentity>();
  readonly #open = new Map<OpenTransaction, NodeJS.Timeout>();

  constructor(storage: Storage, topics: Topics, expired: (transaction: OpenTransaction) => void) {
    this.#storage = storage;
    this.#topics = topics;
    this.#expired = expired;
  }

  /** Makes the caller the owner of the id. */
  open(transactionalId: string): ProducerIdentity {
    for (const transaction of this.#open.keys())
      if (transaction.transactionalId === transactionalId) this.#abort(transaction, 'it has a newer owner');
    const identity = this.#storage.producers.next(transactionalId);
    this.#newest.set(transactionalId, identity);
    return identity;
  }

  send(transaction: OpenTransaction, batches: readonly SealedBatch[]): EndOffsets {
    this.#check(transaction, 'write');
    const partitions = checkBatches(this.#topics, batches);
    this.#register(transaction);
    for (const [index, partition] of partitions.entries()) {
      partition.opened(transaction, partition.endOffset);
      transaction.partitions.add(partition);
      appendBatch(this.#storage.batches, partition, batches[index]!);
      this.#storage.batches.markOpen(transaction.identity.producerId, partition.id, partition.endOffset);
    }
    return endOffsets(partitions);
  }

  addOffsets(transaction: OpenTransaction, groupId: string, offsets: readonly CommittedOffset[]): void {
    this.#check(transaction, 'commit offsets');
    const partitions = offsets.map((at) => this.#topics.partition(at));
    this.#register(transaction);
    for (const [index, partition] of partitions.entries()) {
      const { offset, metadata } = offsets[index]!;
      transaction.addOffset(groupId, partition, { offset, metadata });
    }
  }

  commit(transaction: OpenTransaction): 'committed' | 'aborted' {
    this.#checkOwner(transaction, 'commit');
    if (transaction.ended !== null) return transaction.ended;
    for (const [groupId, offsets] of transaction.offsets)
      for (const [partition, offset] of offsets)
        if (!partition.deleted) this.#storage.offsets.put(groupId, partition.id, offset);
    this.#storage.batches.commitOpen(transaction.identity.producerId);
    this.#end(transaction, 'committed');
    return 'committed';
  }

  abort(transaction: OpenTransaction): void {
    this.#checkOwner(transaction, 'abort');
    if (transaction.ended === null) this.#abort(transaction, 'it was aborted');
  }

  /** Not by its owner, but because its time is over. */
  expire(transaction: OpenTransaction): void {
    const why = `it was open for longer than its timeout of ${transaction.timeoutMs} ms`;
    if (transaction.ended === null) this.#abort(transaction, why);
  }

  /** True while offsets of these partitions wait for the end of a transaction. */
  hasPending(groupId: string, partitions: readonly Partition[]): boolean {
    return [...this.#open.keys()].some((transaction) => transaction.hasOffsets(groupId, partitions));
  }

  /** Aborts everything open: at start nobody owns it, after a failed write parts of it are lost. */
  restore(): void {
    this.#storage.batches.abortAllOpen();
    for (const transaction of this.#open.keys())
      this.#end(transaction, 'aborted', 'a write to the log failed');
    for (const transactionalId of this.#newest.keys()) {
      const current = this.#storage.producers.current(transactionalId);
      if (current === null) this.#newest.delete(transactionalId);
      else this.#newest.set(transactionalId, current);
    }
  }

  /** Stops the clocks; what is open is aborted at the next start. */
  close(): void {
    for (const timer of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #register(transaction: OpenTransaction): void {
    if (this.#open.has(transaction)) return;
    const timeoutMs = Math.min(transaction.timeoutMs, MAX_TIMER_MS);
    const timer = setTimeout(() => this.#expired(transaction), timeoutMs).unref();
    this.#open.set(transaction, timer);
  }

  #abort(transaction: OpenTransaction, why: string): void {
    this.#storage.batches.abortOpen(transaction.identity.producerId);
    this.#end(transaction, 'aborted', why);
  }

  #end(transaction: OpenTransaction, outcome: 'committed' | 'aborted', why?: string): void {
    clearTimeout(this.#open.get(transaction));
    this.#open.delete(transaction);
    transaction.end(outcome, why);
  }

  #check(transaction: OpenTransaction, what: string): void {
    this.#checkOwner(transaction, what);
    if (transaction.ended !== null)
      throw abortable(`${what} in the transaction of ${transaction.transactionalId}`, transaction.why);
  }

  #checkOwner({ transactionalId, identity }: OpenTransaction, what: string): void {
    const newest = this.#newest.get(transactionalId);
    if (newest?.producerId === identity.producerId && newest.epoch === identity.epoch) return;
    throw fenced(
      `${what} in the transaction of ${transactionalId}`,
      `epoch ${identity.epoch} was fenced by a newer owner (epoch ${newest?.epoch ?? 'unknown'})`,
    );
  }
}
