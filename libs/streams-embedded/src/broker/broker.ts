/** The open log: what all its clients share. Reads are answered at once from memory and database; whatever changes something
 *  goes through the queue, and is seen and acknowledged when it is kept. */
import type {
  CommittedOffset,
  EndOffsets,
  Membership,
  NewTopic,
  PartitionOffset,
  ProducerIdentity,
  TopicPartition,
} from '@hiveframe/streams';
import { Groups } from '../groups/groups.ts';
import { closed, fenced } from '../log-failures.ts';
import type { ResolvedEmbeddedOptions } from '../options.ts';
import { readFailure, writeFailure } from '../storage/database-failures.ts';
import type { Storage } from '../storage/storage.ts';
import { WriteQueue } from '../storage/write-queue.ts';
import { appendBatch, checkBatches, endOffsets, sizeOf, type SealedBatch } from './append.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { firstOf, Signal } from './signal.ts';
import { Topics } from './topics.ts';
import { Transactions } from './transactions.ts';

/** Only a bound: the end of a transaction fires `changed`. */
const PENDING_WAIT_MS = 1_000;

export class Broker {
  readonly storage: Storage;
  readonly topics: Topics;
  readonly groups: Groups;
  /** Fires when something may have become visible. */
  readonly changed = new Signal();
  readonly #transactions: Transactions;
  readonly #queue: WriteQueue;
  readonly #place: string;
  /** On a disk, which may damage it. */
  readonly isDurable: boolean;
  #closed = false;

  /** Takes the storage over and aborts what a former process left open. @throws LogError `unavailable` */
  constructor(storage: Storage, { checkpointDir, durability, maxRecordBytes }: ResolvedEmbeddedOptions) {
    this.#place = checkpointDir ?? 'memory';
    this.isDurable = checkpointDir !== null;
    this.storage = storage;
    this.topics = new Topics(this.storage, maxRecordBytes);
    this.groups = new Groups(this.topics);
    this.#transactions = new Transactions(this.storage, this.topics, (late) => this.#expire(late));
    this.#queue = new WriteQueue({
      transaction: (durable, write) => this.storage.transaction(durable && durability === 'power', write),
      restore: () => this.#restore(),
      flushed: () => this.changed.fire(),
      failure: (error) => writeFailure(this.#place, error),
    });
    this.#restoreAtStart();
  }

  /** False while a failed write has not been mended: what is in memory must not be read then. */
  isSound(): boolean {
    if (this.#closed) throw closed();
    return this.#queue.failure() === null;
  }
  /** Runs what reads the database. @throws LogError */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readFailure(this.#place, error);
    }
  }
  /** For whoever cannot wait until it is. @throws LogError `unavailable` */
  requireSound(): void {
    if (this.#closed) throw closed();
    const failure = this.#queue.failure();
    if (failure !== null) throw failure;
  }

  createTopics(topics: readonly NewTopic[]): Promise<void> {
    return this.#queue.run(() => this.groups.topicsCreated(this.topics.create(topics)));
  }
  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.#queue.run(() => this.topics.delete(topics));
  }
  deleteRecords(upTo: readonly PartitionOffset[]): Promise<void> {
    return this.#queue.run(() => this.topics.deleteRecords(upTo));
  }

  send(batches: readonly SealedBatch[]): Promise<EndOffsets> {
    const write = (): EndOffsets => {
      const partitions = checkBatches(this.topics, batches);
      for (const [index, partition] of partitions.entries())
        appendBatch(this.storage.batches, partition, batches[index]!);
      return endOffsets(partitions);
    };
    return this.#queue.run(write, { bytes: sizeOf(batches) });
  }

  commitOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#queue.run(() => {
      this.groups.check(member, 'commit offsets');
      this.#putOffsets(member.groupId, offsets);
    });
  }

  /** @throws LogError `fenced` while the group has members */
  resetOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#queue.run(() => {
      const { memberIds } = this.groups.group(groupId);
      if (memberIds.length > 0)
        throw fenced(`reset the offsets of group ${groupId}`, `it has members: ${memberIds.join(', ')}`);
      this.#putOffsets(groupId, offsets);
    });
  }

  #putOffsets(groupId: string, offsets: readonly CommittedOffset[]): void {
    const partitions = offsets.map((at) => this.topics.partition(at));
    for (const [index, { id }] of partitions.entries()) {
      const { offset, metadata } = offsets[index]!;
      this.storage.offsets.put(groupId, id, { offset, metadata });
    }
  }

  /** Waits out offsets of open transactions. */
  async committed(groupId: string, asked: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    const partitions = asked.map((at) => this.topics.partition(at));
    while (!this.isSound() || this.#transactions.hasPending(groupId, partitions))
      await firstOf([this.changed], PENDING_WAIT_MS);
    return partitions.flatMap(({ topic, partition, id }) => {
      const found = this.reading(() => this.storage.offsets.get(groupId, id));
      if (found === null) return [];
      const { offset, metadata } = found;
      return metadata === undefined ? { topic, partition, offset } : { topic, partition, offset, metadata };
    });
  }

  openTransactionalId(transactionalId: string): Promise<ProducerIdentity> {
    return this.#queue.run(() => this.#transactions.open(transactionalId));
  }
  sendIn(transaction: OpenTransaction, batches: readonly SealedBatch[]): Promise<EndOffsets> {
    const size = { bytes: sizeOf(batches), durable: false };
    return this.#queue.run(() => this.#transactions.send(transaction, batches), size);
  }
  addOffsets(
    transaction: OpenTransaction,
    member: Membership,
    offsets: readonly CommittedOffset[],
  ): Promise<void> {
    const add = (): void => {
      this.groups.check(member, 'commit offsets');
      this.#transactions.addOffsets(transaction, member.groupId, offsets);
    };
    return this.#queue.run(add, { durable: false });
  }
  commit(transaction: OpenTransaction): Promise<'committed' | 'aborted'> {
    return this.#queue.run(() => this.#transactions.commit(transaction));
  }
  abort(transaction: OpenTransaction): Promise<void> {
    return this.#queue.run(() => this.#transactions.abort(transaction), { durable: false });
  }

  /** Ends when all writes asked for so far are kept. */
  async close(): Promise<void> {
    await this.#queue.close();
    this.#closed = true;
    this.#transactions.close();
    this.storage.close();
    this.changed.fire();
  }

  #expire(transaction: OpenTransaction): void {
    this.#queue
      .run(() => this.#transactions.expire(transaction))
      .catch(() => {
        // The failed write has aborted every open transaction, or the log is closed, and its next start does.
      });
  }

  #restoreAtStart(): void {
    try {
      this.#restore();
    } catch (error) {
      this.storage.close();
      throw writeFailure(this.#place, error);
    }
  }

  #restore(): void {
    this.storage.transaction(false, () => {
      this.#transactions.restore();
      this.topics.restore();
    });
  }
}
