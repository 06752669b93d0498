/** Writes in transactions. It promises no more than the port does: nothing is checked here that the cluster checks, and closing
 *  ends nothing, neither in the cluster nor in the hands of whoever still has the transaction. */
import {
  InvariantError,
  LogError,
  type CommittedOffset,
  type EndOffsets,
  type Membership,
  type OutputBatch,
  type ProducerIdentity,
  type Transaction,
  type TransactionalWriter,
} from '@hiveframe/streams';
import { abortable } from '../cluster/failures.ts';
import type { TransactionToken } from '../cluster/server-transaction.ts';
import { Unanswered, type Lane } from '../kernel/network.ts';
import type { Connection } from './connection.ts';

export interface TransactionalOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

export class SimulatedTransactionalWriter implements TransactionalWriter {
  readonly #connection: Connection;
  readonly #options: TransactionalOptions;
  readonly #lane: Lane = { lastMs: 0 };
  #identity: ProducerIdentity | null = null;
  #number = 0;
  #current: SimulatedTransaction | null = null;

  constructor(connection: Connection, options: TransactionalOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async open(): Promise<ProducerIdentity> {
    const { transactionalId } = this.#options;
    this.#identity = await this.#connection.request('open', (cluster) =>
      cluster.transactions.open(transactionalId),
    );
    this.#current = null;
    return this.#identity;
  }

  begin(): Transaction {
    const { transactionalId, transactionTimeoutMs } = this.#options;
    if (this.#identity === null) throw new InvariantError(`Open transactional id ${transactionalId} first.`);
    if (this.#current !== null && !this.#current.hasEnded)
      throw new InvariantError(`The former transaction of ${transactionalId} has not ended.`);
    const token = { transactionalId, epoch: this.#identity.epoch, number: ++this.#number };
    return (this.#current = new SimulatedTransaction(
      this.#connection,
      token,
      transactionTimeoutMs,
      this.#lane,
    ));
  }

  async close(): Promise<void> {}
}

class SimulatedTransaction implements Transaction {
  readonly #connection: Connection;
  readonly #token: TransactionToken;
  readonly #timeoutMs: number;
  readonly #lane: Lane;
  readonly #underWay = new Set<Promise<unknown>>();
  hasEnded = false;

  constructor(connection: Connection, token: TransactionToken, timeoutMs: number, lane: Lane) {
    this.#connection = connection;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#lane = lane;
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    if (batches.length === 0) return [];
    return this.#within(
      this.#connection.request('send', (cluster) => cluster.appendIn(this.#token, this.#timeoutMs, batches), {
        lane: this.#lane,
      }),
    );
  }

  async addOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#within(
      this.#connection.request('addOffsets', (cluster) =>
        cluster.addOffsetsIn(this.#token, this.#timeoutMs, member, offsets),
      ),
    );
  }

  async commit(): Promise<'committed' | 'aborted' | 'unknown'> {
    await this.#settled();
    try {
      const outcome = await this.#connection.ask('commit', (cluster) =>
        cluster.transactions.end(this.#token, 'committed'),
      );
      this.hasEnded = true;
      return outcome;
    } catch (error) {
      this.hasEnded = true;
      if (error instanceof Unanswered) return 'unknown';
      throw error;
    }
  }

  async abort(): Promise<void> {
    await this.#settled();
    this.hasEnded = true;
    await this.#connection.request('abort', (cluster) => cluster.transactions.end(this.#token, 'aborted'));
  }

  /** Nothing of it is sent behind its end by a client that lives. */
  async #settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** Within a transaction there is an answer to unavailability: abort it. */
  async #within<T>(request: Promise<T>): Promise<T> {
    this.#underWay.add(request);
    try {
      return await request;
    } catch (error) {
      if (error instanceof LogError && error.failure.kind === 'unavailable') throw abortable(error.message);
      throw error;
    } finally {
      this.#underWay.delete(request);
    }
  }
}
