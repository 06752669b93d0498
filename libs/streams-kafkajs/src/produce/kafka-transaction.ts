/** One transaction, from `begin` to its end.
 *  T1 The broker hears of it with the first batch or offset; an untouched one ends without a request.
 *  T2 Nothing of it is in flight when it is ended: a late batch would belong to the next one.
 *  T3 After a failure only `abort` is possible, except that a record too large, or refused, leaves it as it was.
 *  T4 EndTxn has the same effect however often it is sent with one epoch, so a lost answer is asked for again. Only when
 *     the time for that is over, or the owner was fenced meanwhile, the outcome is `unknown`. */
import {
  LogError,
  type CommittedOffset,
  type EndOffsets,
  type Membership,
  type OutputBatch,
  type ProducerIdentity,
  type Transaction,
  type TopicPartition,
} from '@hiveframe/streams';
import type { ConnectionLane } from '../cluster/connection-lane.ts';
import { Coordinator, firstError } from '../cluster/coordinator.ts';
import { BrokerError } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import { toLogError } from '../log-failure.ts';
import { addOffsetsToTxn } from '../protocol/add-offsets-to-txn.ts';
import { addPartitionsToTxn } from '../protocol/add-partitions-to-txn.ts';
import { endTxn, type EndTxnAnswer } from '../protocol/end-txn.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import type { TransactionOwner } from '../protocol/transaction-owner.ts';
import { txnOffsetCommit } from '../protocol/txn-offset-commit.ts';
import { endOffsets } from './end-offsets.ts';
import type { ProduceQueue } from './produce-queue.ts';

export interface TransactionContext {
  readonly cluster: KafkaCluster;
  readonly lane: ConnectionLane;
  /** Of the transactional id. */
  readonly coordinator: Coordinator;
  readonly queue: ProduceQueue;
  readonly owner: TransactionOwner;
  /** Partitions and offsets join by being written (KIP-890). */
  readonly implicit: boolean;
  readonly signal: AbortSignal;
  /** The identity of the next transaction. */
  readonly endedWith: (identity: ProducerIdentity) => void;
  /** There can be no next transaction before the writer is opened again. */
  readonly closedBy: (error: LogError) => void;
  /** Goes on with a higher epoch: the brokers forget the sequences of the former (KIP-360). @throws when it is not ours */
  readonly raiseEpoch: () => Promise<void>;
}

export class KafkaTransaction implements Transaction {
  readonly #context: TransactionContext;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #partitions = new Set<string>();
  readonly #groups = new Map<string, Promise<unknown>>();
  #isTouched = false;
  #hasEnded = false;
  /** Another owner has the transactional id. */
  #isFenced = false;
  #failure: LogError | null = null;

  constructor(context: TransactionContext) {
    this.#context = context;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    if (batches.length === 0) return this.#nothing([]);
    return this.#run('write', async () => {
      const joining = this.#context.implicit ? [] : this.#join(batches);
      const ends = batches.map((batch) => this.#delivered(batch, isIn(batch, joining)));
      if (joining.length > 0) await this.#addPartitions(joining, ends);
      const settled = await Promise.allSettled(ends);
      const failed = settled.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
      return endOffsets(batches, await Promise.all(ends));
    });
  }

  async addOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return this.#nothing(undefined);
    return this.#run(`commit offsets of group ${member.groupId}`, async () => {
      const { cluster, lane, owner, implicit, signal } = this.#context;
      if (!implicit) await this.#addGroup(member.groupId);
      const group = new Coordinator(cluster, lane, 'group', member.groupId);
      await group.call(txnOffsetCommit(owner, member, offsets, implicit), firstError, { signal });
    });
  }

  async commit(): Promise<'committed' | 'aborted' | 'unknown'> {
    this.#checkOpen();
    await this.#settle();
    this.#checkOpen();
    if (!this.#isTouched) {
      this.#hasEnded = true;
      return 'committed';
    }
    let answerLost = false;
    try {
      this.#endWith(await this.#end(true, () => (answerLost = true)));
      return 'committed';
    } catch (error) {
      return await this.#undecided(error, answerLost);
    }
  }

  async abort(): Promise<void> {
    if (this.#hasEnded) return;
    this.#context.queue.fail(this.#failure ?? this.#error('abortable', 'it was aborted'));
    await this.#settle();
    this.#hasEnded = true;
    if (this.#isFenced) return this.#context.closedBy(this.#failure!);
    if (!this.#isTouched) return;
    try {
      const answer = await this.#end(false, () => {});
      this.#endWith(answer);
      const { implicit, queue, raiseEpoch } = this.#context;
      if (answer.next === null && (implicit || queue.uncertain)) await raiseEpoch();
    } catch (error) {
      const failure = toLogError(error, this.#cannot('abort'));
      this.#context.closedBy(failure);
      throw failure;
    }
  }

  /** The writer opens anew: whatever is left of this transaction is the broker's to abort. */
  abandon(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure ??= this.#error('abortable', 'the writer was opened anew');
    this.#context.queue.fail(this.#failure);
  }

  #endWith(answer: EndTxnAnswer): void {
    this.#hasEnded = true;
    if (answer.next) this.#context.endedWith(answer.next);
  }

  /** What a failed EndTxn(commit) means: see T4. */
  async #undecided(error: unknown, answerLost: boolean): Promise<'aborted' | 'unknown'> {
    const failure = toLogError(error, this.#cannot('commit'));
    const isOver = error instanceof BrokerError && error.code === KafkaCode.INVALID_TXN_STATE;
    if (!answerLost && failure.failure.kind === 'abortable' && !isOver) {
      this.#failure = failure;
      throw failure;
    }
    this.#hasEnded = true;
    this.#context.closedBy(failure);
    if (answerLost || failure.failure.kind === 'unavailable') return 'unknown';
    if (!isOver) throw failure;
    // The coordinator ended it before: it had timed out. If nobody else owns the id, the writer can go on.
    await this.#context.raiseEpoch().catch(() => {});
    return 'aborted';
  }

  #end(committed: boolean, onAnswerLost: () => void): Promise<EndTxnAnswer> {
    const { coordinator, owner, implicit, signal } = this.#context;
    return coordinator.call(
      endTxn(owner, committed, implicit),
      ({ errorCode }) => errorOfEnd(errorCode, committed),
      {
        signal,
        onAnswerLost,
      },
    );
  }

  async #delivered(batch: OutputBatch, joining: boolean): Promise<number> {
    const { topic, partition } = batch;
    try {
      return await this.#context.queue.enqueue(batch, joining);
    } catch (error) {
      throw this.#failed(error, `write to ${topic}-${partition}`, { topic, partition });
    }
  }

  /** The partitions of these batches that are not part of the transaction yet; from now on they are joining. */
  #join(batches: readonly OutputBatch[]): TopicPartition[] {
    const joining: TopicPartition[] = [];
    for (const { topic, partition } of batches) {
      const key = `${partition} ${topic}`;
      if (this.#partitions.has(key)) continue;
      this.#partitions.add(key);
      joining.push({ topic, partition });
    }
    return joining;
  }

  /** Their batches wait in the queue meanwhile, so that the order of the calls is kept. */
  async #addPartitions(joining: readonly TopicPartition[], ends: readonly Promise<number>[]): Promise<void> {
    const { coordinator, owner, queue, signal } = this.#context;
    for (const end of ends) end.catch(() => {}); // reported by `send`
    try {
      await coordinator.call(addPartitionsToTxn(owner, joining), firstError, { signal });
    } catch (error) {
      throw this.#failed(error, 'add partitions');
    }
    queue.admit(joining);
  }

  #addGroup(groupId: string): Promise<unknown> {
    const { coordinator, owner, signal } = this.#context;
    let adding = this.#groups.get(groupId);
    if (!adding) {
      adding = coordinator.call(addOffsetsToTxn(owner, groupId), ({ errorCode }) => errorCode, { signal });
      this.#groups.set(groupId, adding);
    }
    return adding;
  }

  /** T1: to a broker, a transaction in which nothing was sent never began, and cannot be committed. */
  #nothing<T>(result: T): T {
    this.#checkOpen();
    return result;
  }

  async #run<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    this.#isTouched = true;
    const running = action();
    this.#underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#failed(error, what);
    } finally {
      this.#underWay.delete(running);
    }
  }

  #failed(error: unknown, what: string, at?: TopicPartition): LogError {
    const failure = this.#abortable(toLogError(error, this.#cannot(what), at));
    const { kind } = failure.failure;
    if (kind === 'recordTooLarge' || kind === 'recordRefused') return failure;
    if (isOwnerFenced(failure)) this.#isFenced = true;
    this.#failure ??= failure;
    this.#context.queue.fail(this.#failure);
    return failure;
  }

  /** Within a transaction there is an answer to unavailability: abort and do it again. */
  #abortable(error: LogError): LogError {
    if (error.failure.kind !== 'unavailable') return error;
    return new LogError({ kind: 'abortable' }, error.message, { cause: error.cause });
  }

  async #settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#context.queue.idle();
  }

  #checkOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#hasEnded) throw this.#error('abortable', 'it has ended');
  }
  #cannot(what: string): string {
    return `Cannot ${what} in a transaction of ${this.#context.owner.transactionalId}`;
  }
  #error(kind: 'abortable', why: string): LogError {
    return new LogError({ kind }, `${this.#cannot('go on')}: ${why}.`);
  }
}

/** Aborting what the coordinator has aborted already, or never heard of, is done. */
function errorOfEnd(errorCode: number, committed: boolean): number {
  return !committed && errorCode === KafkaCode.INVALID_TXN_STATE ? KafkaCode.NONE : errorCode;
}

/** Fenced by its transactional id; a member fenced by its group still owns the id and can abort. */
function isOwnerFenced(error: LogError): boolean {
  const { cause } = error;
  if (error.failure.kind !== 'fenced' || !(cause instanceof BrokerError)) return false;
  const { PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING } = KafkaCode;
  return [PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING].some(
    (code) => code === cause.code,
  );
}

function isIn(at: TopicPartition, list: readonly TopicPartition[]): boolean {
  return list.some(({ topic, partition }) => topic === at.topic && partition === at.partition);
}
