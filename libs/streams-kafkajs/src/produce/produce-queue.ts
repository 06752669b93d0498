/** Sends batches to their partitions' leaders: the common part of plain and transactional writers.
 *  Q1 Per partition the order of `enqueue`, one batch in flight: a retry has the sequence it had before, so the broker
 *     appends it once (KIP-98).
 *  Q2 Batches of one leader that are ready together go in one request; no partition waits for another's answer.
 *  Q3 A sequence number is used up only by a batch that was appended. If that is uncertain when a batch is given up,
 *     `uncertain` is set: the producer needs a new epoch or id before it may go on. */
import { performance } from 'node:perf_hooks';
import type { OutputBatch, ProducerIdentity, TopicPartition } from '@hiveframe/streams';
import { Backoff, delay } from '../cluster/backoff.ts';
import { Bell } from '../cluster/bell.ts';
import type { ConnectionLane } from '../cluster/connection-lane.ts';
import { BrokerError, ConnectionFailure } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import { unknownTopic } from '../cluster/leaders.ts';
import type { Codec } from '../compression/codec.ts';
import { KafkaCode, STALE_LEADER, TRY_AGAIN } from '../protocol/error-codes.ts';
import { produce, type ProducedPartition } from '../protocol/produce.ts';
import { PartitionQueue } from './partition-queue.ts';
import { PendingBatch } from './pending-batch.ts';
import { splitRecords } from './split-records.ts';

/** Far below `socket.request.max.bytes` (100 MiB), far above a usual transaction. */
const MAX_REQUEST_BYTES = 16 << 20;
const FIRST_PAUSE_MS = 20;
const MOST_PAUSE_MS = 1_000;
/** A former transaction of the same id ends within a millisecond or two. */
const CONCURRENT_PAUSE_MS = 2;

export interface ProduceQueueOptions {
  readonly transactionalId: string | null;
  readonly codec: Codec;
  readonly deliveryTimeoutMs: number;
  /** A refusal that a new identity mends: true keeps the batch and stops sending until `start`. */
  readonly needsNewIdentity?: (error: BrokerError) => boolean;
}

interface Departure {
  readonly queue: PartitionQueue;
  readonly batch: PendingBatch;
  readonly bytes: Buffer;
}

export class ProduceQueue {
  readonly #cluster: KafkaCluster;
  readonly #lane: ConnectionLane;
  readonly #options: ProduceQueueOptions;
  readonly #queues = new Map<string, PartitionQueue>();
  /** Those with something to send. */
  readonly #waiting = new Set<PartitionQueue>();
  readonly #landed = new Bell();
  readonly #stop = new AbortController();
  #identity: ProducerIdentity | null = null;
  #addsPartitions = false;
  #inFlight = 0;
  #scheduled = false;
  #lookingForLeaders = false;
  #uncertain = false;
  #failure: unknown = null;

  constructor(cluster: KafkaCluster, lane: ConnectionLane, options: ProduceQueueOptions) {
    this.#cluster = cluster;
    this.#lane = lane;
    this.#options = options;
  }

  get uncertain(): boolean {
    return this.#uncertain;
  }

  /** Begins to send as `identity`, sequences from 0. `addsPartitions`: see `ProduceOptions`. */
  start(identity: ProducerIdentity, addsPartitions = false): void {
    this.#identity = identity;
    this.#addsPartitions = addsPartitions;
    this.#uncertain = false;
    this.#failure = null;
    for (const queue of this.#queues.values()) queue.restart();
    this.#schedule();
  }

  /** Sends nothing until `start`; what is in flight comes to its end. */
  pause(): void {
    this.#identity = null;
  }

  /** Sends on after `fail`, with the sequences it had. */
  resume(): void {
    this.#failure = null;
  }

  /** Resolves with the offset after the batch's last record. `joining`: it waits until its partition is admitted. */
  enqueue({ topic, partition, records }: OutputBatch, joining = false): Promise<number> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const queue = this.#queue({ topic, partition });
    if (joining) queue.admitted = false;
    const deadlineMs = performance.now() + this.#options.deliveryTimeoutMs;
    return new Promise((resolve, reject) => {
      queue.push(new PendingBatch(records, deadlineMs, resolve, reject));
      this.#waiting.add(queue);
      this.#schedule();
    });
  }

  /** The transaction knows these partitions now. */
  admit(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#queue(at).admitted = true;
    this.#schedule();
  }

  /** Stops sending and rejects what waits; what is in flight is rejected when its answer comes. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const queue of this.#waiting) for (const batch of queue.takeWaiting()) this.#giveUp(batch, error);
    this.#waiting.clear();
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    while (this.#inFlight > 0) await this.#landed.wait();
  }

  close(error: unknown): void {
    this.#stop.abort();
    this.fail(error);
  }

  #queue(at: TopicPartition): PartitionQueue {
    const key = `${at.partition} ${at.topic}`;
    let queue = this.#queues.get(key);
    if (!queue) this.#queues.set(key, (queue = new PartitionQueue(at)));
    return queue;
  }

  /** What is enqueued in one turn goes together (Q2). */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const identity = this.#identity;
    if (!identity || this.#failure !== null) return;
    const nowMs = performance.now();
    const leaderless = new Set<string>();
    const departures = new Map<number, Departure[]>();
    for (const queue of this.#waiting) {
      this.#expire(queue, nowMs);
      const batch = queue.head;
      if (!batch) this.#waiting.delete(queue);
      if (!batch || queue.inFlight || !queue.admitted || queue.isPausing) continue;
      const leader = this.#cluster.metadata.leaderOf(queue.topic, queue.partition);
      if (leader === undefined) {
        const hopeless = this.#whyNever(queue.topic);
        if (hopeless === null) leaderless.add(queue.topic);
        else this.#dropHead(queue, batch, hopeless);
        continue;
      }
      const departure = { queue, batch, bytes: this.#seal(queue, batch, identity) };
      const known = departures.get(leader);
      if (known) known.push(departure);
      else departures.set(leader, [departure]);
    }
    for (const [leader, all] of departures) for (const some of bounded(all)) void this.#send(leader, some);
    if (leaderless.size > 0) void this.#lookForLeaders(leaderless);
  }

  /** Why a topic will never have a leader; null: it may. */
  #whyNever(topic: string): Error | null {
    const { metadata } = this.#cluster;
    return metadata.isAbsent(topic) ? unknownTopic(topic) : metadata.refusal(topic);
  }

  #seal(queue: PartitionQueue, batch: PendingBatch, { producerId, epoch }: ProducerIdentity): Buffer {
    queue.inFlight = true;
    const transactional = this.#options.transactionalId !== null;
    const seal = { producerId, producerEpoch: epoch, baseSequence: queue.sequence, transactional };
    return batch.seal(seal, this.#options.codec);
  }

  async #send(nodeId: number, departures: readonly Departure[]): Promise<void> {
    this.#inFlight++;
    const batches = departures.map(({ queue, bytes }) => ({
      topic: queue.topic,
      partition: queue.partition,
      batch: bytes,
    }));
    const request = produce(batches, {
      transactionalId: this.#options.transactionalId,
      addsPartitions: this.#addsPartitions,
      timeoutMs: this.#cluster.requestTimeoutMs,
    });
    try {
      this.#landAll(departures, await this.#lane.send(nodeId, request));
    } catch (error) {
      for (const { queue, batch } of departures) this.#lost(queue, batch, error);
    } finally {
      this.#inFlight--;
      this.#landed.ring();
      this.#schedule();
    }
  }

  #landAll(departures: readonly Departure[], answers: readonly ProducedPartition[]): void {
    for (const { queue, batch } of departures) {
      const answer = answers.find((at) => at.partition === queue.partition && at.topic === queue.topic);
      if (answer) this.#answered(queue, batch, answer);
      else
        this.#lost(queue, batch, new BrokerError(KafkaCode.NETWORK_EXCEPTION, 'no answer for the partition'));
    }
  }

  #answered(queue: PartitionQueue, batch: PendingBatch, answer: ProducedPartition): void {
    queue.inFlight = false;
    const { errorCode, baseOffset } = answer;
    if (errorCode === KafkaCode.NONE && baseOffset >= 0) {
      queue.appended();
      batch.resolve(baseOffset + batch.records.count);
    } else {
      const resource =
        errorCode === KafkaCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
          ? (this.#options.transactionalId ?? '')
          : queue.topic;
      this.#refused(
        queue,
        batch,
        new BrokerError(errorCode, answer.message, { apiName: 'Produce', resource }),
      );
    }
  }

  #refused(queue: PartitionQueue, batch: PendingBatch, error: BrokerError): void {
    if (this.#failure !== null) return this.#dropHead(queue, batch, this.#failure);
    if (mayPass(error.code)) return this.#retry(queue, error.code);
    const tooLarge =
      error.code === KafkaCode.MESSAGE_TOO_LARGE || error.code === KafkaCode.RECORD_LIST_TOO_LARGE;
    if (tooLarge && batch.records.count > 1) return this.#split(queue, batch);
    if (this.#options.needsNewIdentity?.(error)) this.#identity = null;
    else this.#dropHead(queue, batch, error);
  }

  /** The request failed as a whole: nobody knows what became of the batch. */
  #lost(queue: PartitionQueue, batch: PendingBatch, error: unknown): void {
    queue.inFlight = false;
    if (!(error instanceof ConnectionFailure) || error.sent) batch.maybeAppended = true;
    const passing =
      error instanceof ConnectionFailure || (error instanceof BrokerError && mayPass(error.code));
    if (passing && this.#failure === null && !this.#cluster.isClosed) this.#retry(queue, null);
    else this.#dropHead(queue, batch, this.#failure ?? error);
  }

  #retry(queue: PartitionQueue, code: number | null): void {
    const concurrent = code === KafkaCode.CONCURRENT_TRANSACTIONS;
    const firstMs = concurrent ? CONCURRENT_PAUSE_MS : FIRST_PAUSE_MS;
    const pauseMs = Math.min(firstMs * 2 ** queue.retries++, MOST_PAUSE_MS);
    queue.isPausing = true;
    void delay(pauseMs, this.#stop.signal).then(() => {
      queue.isPausing = false;
      this.#schedule();
    });
    if (code === null || STALE_LEADER.has(code)) void this.#lookForLeaders(new Set([queue.topic]));
  }

  #split(queue: PartitionQueue, batch: PendingBatch): void {
    const [first, second] = splitRecords(batch.records);
    const ignore = (): void => {};
    // The end of the second half is the end of the whole; a failed first half fails the whole, the second then stands alone.
    queue.replaceHead(
      new PendingBatch(first, batch.deadlineMs, ignore, batch.reject),
      new PendingBatch(second, batch.deadlineMs, batch.resolve, batch.reject),
    );
  }

  #expire(queue: PartitionQueue, nowMs: number): void {
    while (!queue.inFlight && queue.head && queue.head.deadlineMs <= nowMs) {
      const where = `${queue.topic}-${queue.partition}`;
      const why = new ConnectionFailure(
        `${where} took nothing for ${this.#options.deliveryTimeoutMs} ms`,
        true,
      );
      this.#dropHead(queue, queue.head, why);
    }
  }

  #dropHead(queue: PartitionQueue, batch: PendingBatch, error: unknown): void {
    queue.dropHead();
    this.#giveUp(batch, error);
  }

  #giveUp(batch: PendingBatch, error: unknown): void {
    if (batch.maybeAppended) this.#uncertain = true;
    batch.reject(error);
  }

  async #lookForLeaders(topics: Set<string>): Promise<void> {
    if (this.#lookingForLeaders) return;
    this.#lookingForLeaders = true;
    const backoff = new Backoff(FIRST_PAUSE_MS, MOST_PAUSE_MS);
    try {
      do {
        const answered = await this.#cluster.refreshMetadata(topics).then(
          () => true,
          () => false,
        );
        if (!answered) await delay(backoff.next(), this.#stop.signal);
        this.#schedule();
        topics = this.#leaderless();
        if (topics.size > 0) await delay(backoff.next(), this.#stop.signal);
      } while (topics.size > 0 && !this.#stop.signal.aborted);
    } finally {
      this.#lookingForLeaders = false;
    }
  }

  #leaderless(): Set<string> {
    const topics = new Set<string>();
    for (const { topic, partition } of this.#waiting) {
      if (this.#cluster.metadata.leaderOf(topic, partition) === undefined) topics.add(topic);
    }
    return topics;
  }
}

function mayPass(code: number): boolean {
  return STALE_LEADER.has(code) || TRY_AGAIN.has(code) || code === KafkaCode.CORRUPT_MESSAGE;
}

function* bounded(departures: readonly Departure[]): Generator<Departure[]> {
  let some: Departure[] = [];
  let bytes = 0;
  for (const departure of departures) {
    if (some.length > 0 && bytes + departure.bytes.length > MAX_REQUEST_BYTES) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(departure);
    bytes += departure.bytes.length;
  }
  if (some.length > 0) yield some;
}
