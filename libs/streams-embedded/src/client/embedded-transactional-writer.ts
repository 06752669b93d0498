import {
  InvariantError,
  type CommittedOffset,
  type EndOffsets,
  type Membership,
  type OutputBatch,
  type ProducerIdentity,
  type Transaction,
  type TransactionalWriter,
} from '@hiveframe/streams';
import { seal } from '../broker/append.ts';
import { OpenTransaction } from '../broker/open-transaction.ts';
import type { SharedBroker } from '../broker/shared-broker.ts';
import { closed } from '../log-failures.ts';

export interface TransactionalOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

/** Writes in transactions of one transactional id. */
export class EmbeddedTransactionalWriter implements TransactionalWriter {
  readonly #shared: SharedBroker;
  readonly #onClosed: () => void;
  readonly #options: TransactionalOptions;
  #identity: ProducerIdentity | null = null;
  #current: EmbeddedTransaction | null = null;
  #closed = false;

  constructor(shared: SharedBroker, options: TransactionalOptions, closed: () => void) {
    this.#shared = shared;
    this.#onClosed = closed;
    this.#options = options;
  }

  async open(): Promise<ProducerIdentity> {
    if (this.#closed) throw closed();
    this.#identity = await this.#shared.get().openTransactionalId(this.#options.transactionalId);
    this.#current = null;
    return this.#identity;
  }

  begin(): Transaction {
    const { transactionalId, transactionTimeoutMs } = this.#options;
    if (this.#closed) throw closed();
    if (this.#identity === null)
      throw new InvariantError(`Cannot begin a transaction of ${transactionalId}: it was not opened.`);
    if (this.#current !== null && !this.#current.over)
      throw new InvariantError(`Cannot begin a transaction of ${transactionalId}: the former has not ended.`);
    const transaction = new OpenTransaction(transactionalId, this.#identity, transactionTimeoutMs);
    return (this.#current = new EmbeddedTransaction(this.#shared, transaction));
  }

  /** Aborts what is open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
    if (this.#current !== null && !this.#current.over) await this.#current.abort().catch(() => {}); // fenced, or the log cannot write: it is aborted there
  }
}

class EmbeddedTransaction implements Transaction {
  readonly #shared: SharedBroker;
  readonly #transaction: OpenTransaction;
  /** Commit or abort was asked for. */
  over = false;

  constructor(shared: SharedBroker, transaction: OpenTransaction) {
    this.#shared = shared;
    this.#transaction = transaction;
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    this.#checkNotOver('send');
    const { producerId, epoch } = this.#transaction.identity;
    const sealed = seal(batches, {
      producerId,
      producerEpoch: epoch,
      baseSequence: -1, // no retries to tell apart
      transactional: true,
    });
    return this.#shared.get().sendIn(this.#transaction, sealed);
  }

  async addOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    this.#checkNotOver('add offsets');
    await this.#shared.get().addOffsets(this.#transaction, member, offsets);
  }

  async commit(): Promise<'committed' | 'aborted' | 'unknown'> {
    this.#checkNotOver('commit');
    this.over = true;
    return this.#shared.get().commit(this.#transaction);
  }

  async abort(): Promise<void> {
    this.#checkNotOver('abort');
    this.over = true;
    await this.#shared.get().abort(this.#transaction);
  }

  #checkNotOver(what: string): void {
    if (this.over)
      throw new InvariantError(
        `Cannot ${what} in a transaction of ${this.#transaction.transactionalId}: it has ended.`,
      );
  }
}
