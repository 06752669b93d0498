import {
  InvariantError,
  LogError,
  type ProducerIdentity,
  type Transaction,
  type TransactionalWriter,
} from '@hiveframe/streams';
import type { ConnectionLane } from '../cluster/connection-lane.ts';
import { Coordinator } from '../cluster/coordinator.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import type { Codec } from '../compression/codec.ts';
import { toLogError } from '../log-failure.ts';
import { initProducerId } from '../protocol/init-producer-id.ts';
import { KafkaTransaction } from './kafka-transaction.ts';
import { ProduceQueue } from './produce-queue.ts';

/** Since `transaction.version` 2 (KIP-890): partitions and offsets join a transaction by being written, every end raises the epoch. */
const IMPLICIT_TRANSACTION_VERSION = 2;

export interface KafkaTransactionalWriterOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly codec: Codec;
  /** May use version 2 where the cluster has it. */
  readonly allowsImplicit: boolean;
}

/** One transactional id over shared connections. Owns the identity; a transaction borrows it. */
export class KafkaTransactionalWriter implements TransactionalWriter {
  readonly #cluster: KafkaCluster;
  readonly #lane: ConnectionLane;
  readonly #options: KafkaTransactionalWriterOptions;
  readonly #coordinator: Coordinator;
  readonly #queue: ProduceQueue;
  readonly #closing = new AbortController();
  #identity: ProducerIdentity | null = null;
  #closedBy: LogError | null = null;
  #implicit = false;
  #current: KafkaTransaction | null = null;

  constructor(cluster: KafkaCluster, lane: ConnectionLane, options: KafkaTransactionalWriterOptions) {
    this.#cluster = cluster;
    cluster.opened(this);
    this.#lane = lane;
    this.#options = options;
    this.#coordinator = new Coordinator(cluster, lane, 'transaction', options.transactionalId);
    this.#queue = new ProduceQueue(cluster, lane, {
      transactionalId: options.transactionalId,
      codec: options.codec,
      deliveryTimeoutMs: options.transactionTimeoutMs, // later the broker aborts it anyway
    });
  }

  async open(): Promise<ProducerIdentity> {
    this.#current?.abandon();
    this.#current = null;
    this.#identity = null;
    this.#queue.pause();
    await this.#queue.idle();
    try {
      this.#implicit = this.#options.allowsImplicit && (await this.#clusterIsImplicit());
      return await this.#identify({ producerId: -1, epoch: -1 });
    } catch (error) {
      throw toLogError(error, `Cannot open transactional id ${this.#options.transactionalId}`);
    }
  }

  begin(): Transaction {
    const { transactionalId } = this.#options;
    if (this.#identity === null) {
      throw (
        this.#closedBy ?? new InvariantError(`Cannot begin: open transactional id ${transactionalId} first.`)
      );
    }
    if (this.#current && !this.#current.hasEnded) {
      throw new InvariantError(`Cannot begin: the former transaction of ${transactionalId} has not ended.`);
    }
    const identity = this.#identity;
    this.#queue.resume();
    this.#current = new KafkaTransaction({
      cluster: this.#cluster,
      lane: this.#lane,
      coordinator: this.#coordinator,
      queue: this.#queue,
      owner: { transactionalId, ...identity },
      implicit: this.#implicit,
      signal: this.#closing.signal,
      endedWith: (identity) => this.#use(identity),
      closedBy: (error) => this.#close(error),
      raiseEpoch: async () => void (await this.#identify(identity)),
    });
    return this.#current;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cluster.closed(this);
    this.#identity = null;
    this.#queue.close(new LogError({ kind: 'unavailable' }, 'Cannot write: the writer was closed.'));
    await this.#queue.idle();
  }

  async #clusterIsImplicit(): Promise<boolean> {
    return (await this.#cluster.transactionVersion()) >= IMPLICIT_TRANSACTION_VERSION;
  }

  async #identify(current: ProducerIdentity): Promise<ProducerIdentity> {
    const { transactionalId, transactionTimeoutMs } = this.#options;
    const request = initProducerId(transactionalId, transactionTimeoutMs, current);
    const { producerId, epoch } = await this.#coordinator.call(request, ({ errorCode }) => errorCode, {
      signal: this.#closing.signal,
    });
    const identity = { producerId, epoch };
    this.#use(identity);
    return identity;
  }

  #use(identity: ProducerIdentity): void {
    this.#identity = identity;
    this.#closedBy = null;
    this.#queue.start(identity, this.#implicit);
  }

  /** Fenced, or nobody knows what became of the last transaction: `open` finds out. */
  #close(error: LogError): void {
    this.#identity = null;
    this.#closedBy = error;
    this.#queue.pause();
  }
}
