import { LogError, type EndOffsets, type LogWriter, type OutputBatch } from '@hiveframe/streams';
import { Backoff, delay } from '../cluster/backoff.ts';
import type { ConnectionLane } from '../cluster/connection-lane.ts';
import { BrokerError, ConnectionFailure } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import type { Codec } from '../compression/codec.ts';
import { toLogError } from '../log-failure.ts';
import { KafkaCode, STALE_COORDINATOR, TRY_AGAIN } from '../protocol/error-codes.ts';
import { initProducerId } from '../protocol/init-producer-id.ts';
import { endOffsets } from './end-offsets.ts';
import { ProduceQueue } from './produce-queue.ts';

/** The producer id, not the records, is what the broker does not take any more. */
const IDENTITY_LOST: ReadonlySet<number> = new Set([
  KafkaCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  KafkaCode.UNKNOWN_PRODUCER_ID,
  KafkaCode.INVALID_PRODUCER_EPOCH,
]);

export interface KafkaWriterOptions {
  readonly codec: Codec;
  readonly deliveryTimeoutMs: number;
}

/** An idempotent producer. Its id is asked for with the first batch, and again when brokers have lost track of it. */
export class KafkaWriter implements LogWriter {
  readonly #cluster: KafkaCluster;
  readonly #lane: ConnectionLane;
  readonly #queue: ProduceQueue;
  readonly #closing = new AbortController();
  readonly #options: KafkaWriterOptions;
  #identifying: Promise<void> | null = null;
  #identified = false;

  constructor(cluster: KafkaCluster, options: KafkaWriterOptions) {
    this.#cluster = cluster;
    cluster.opened(this);
    this.#options = options;
    this.#lane = cluster.lane();
    this.#queue = new ProduceQueue(cluster, this.#lane, {
      ...options,
      transactionalId: null,
      needsNewIdentity: (error) => this.#hasLostIdentity(error),
    });
  }

  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    const sent = batches.map((batch) => this.#delivered(batch));
    if (!this.#identified) void this.#identify();
    const ends = await Promise.allSettled(sent);
    const failed = ends.find((end) => end.status === 'rejected');
    if (this.#queue.uncertain) void this.#identify();
    if (failed) throw failed.reason;
    return endOffsets(
      batches,
      ends.map((end) => (end as PromiseFulfilledResult<number>).value),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cluster.closed(this);
    this.#queue.close(new LogError({ kind: 'unavailable' }, 'Cannot write: the writer was closed.'));
    await this.#queue.idle();
    this.#lane.close();
  }

  async #delivered(batch: OutputBatch): Promise<number> {
    try {
      return await this.#queue.enqueue(batch);
    } catch (error) {
      const { topic, partition } = batch;
      throw toLogError(error, `Cannot write to ${topic}-${partition}`, { topic, partition });
    }
  }

  #hasLostIdentity(error: BrokerError): boolean {
    if (!IDENTITY_LOST.has(error.code)) return false;
    void this.#identify();
    return true;
  }

  #identify(): Promise<void> {
    this.#identifying ??= this.#askForIdentity().finally(() => {
      this.#identifying = null;
    });
    return this.#identifying;
  }

  /** A new id starts all sequences anew, so nothing may be in flight under the old one. */
  async #askForIdentity(): Promise<void> {
    const untilMs = performance.now() + this.#options.deliveryTimeoutMs;
    const backoff = new Backoff(20, 1_000);
    this.#queue.pause();
    await this.#queue.idle();
    while (!this.#closing.signal.aborted) {
      try {
        const answer = await this.#cluster.sendToAny(initProducerId(null, 60_000));
        if (answer.errorCode !== KafkaCode.NONE)
          throw new BrokerError(answer.errorCode, null, { apiName: 'InitProducerId' });
        this.#identified = true;
        return this.#queue.start(answer);
      } catch (error) {
        if (!mayPass(error) || performance.now() > untilMs) {
          this.#identified = false;
          this.#queue.fail(toLogError(error, 'Cannot write: no producer id was given'));
          return this.#queue.resume();
        }
        await delay(backoff.next(), this.#closing.signal);
      }
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof ConnectionFailure) return true;
  return error instanceof BrokerError && (TRY_AGAIN.has(error.code) || STALE_COORDINATOR.has(error.code));
}
