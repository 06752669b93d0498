/** Reads partitions without a group.
 *  F1 Two connections per broker: while one waits for records of quiet partitions, the other fetches for those that have
 *     room again. No partition waits for another.
 *  F2 Each partition may read ahead its share of `maxBufferedBytes`; one that has nothing may always fetch, even when
 *     paused ones hold the whole budget: else a reader that waits for it would wait for ever. It asks for no more than its share.
 *  F3 An answer belongs to the `assign` that asked for it: whoever seeks or unassigns meanwhile never sees it.
 *  F4 What passes (leader moves, lost connections, elections) is tried again inside; what does not comes out of `poll`. */
import { LogError, type FetchedRecords, type LogReader, type TopicPartition } from '@hiveframe/streams';
import { Backoff, delay } from '../cluster/backoff.ts';
import { Bell } from '../cluster/bell.ts';
import { ConnectionLane } from '../cluster/connection-lane.ts';
import { BrokerError, ConnectionFailure } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import { Waiting } from '../cluster/waiting.ts';
import { askLeaders, unknownTopic } from '../cluster/leaders.ts';
import { toLogError } from '../log-failure.ts';
import type { FetchOptions } from '../options.ts';
import { codeName, KafkaCode, UNAUTHORIZED } from '../protocol/error-codes.ts';
import { fetch, type FetchedPartition } from '../protocol/fetch.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, listOffsets } from '../protocol/list-offsets.ts';
import { PartitionFetch } from './partition-fetch.ts';
import { DamagedBatch, visibleBatches } from './visible-batches.ts';

const LANES_PER_BROKER = 2;
const DEFAULT_BUFFER_BYTES = 32 << 20;
/** Of one partition in one answer, however many partitions there are. */
const MIN_FETCH_BYTES = 64 * 1024;
const STALE_LEADER_PAUSE_MS = 50;
const DAMAGED_TRIES = 3;

export interface KafkaReaderOptions {
  readonly readCommitted: boolean;
  readonly maxBufferedBytes?: number;
  readonly fetch: Required<FetchOptions>;
}

interface FailedFetch {
  readonly partition: PartitionFetch;
  readonly error: LogError;
}

export class KafkaReader implements LogReader {
  readonly #cluster: KafkaCluster;
  readonly #options: KafkaReaderOptions;
  readonly #maxBufferedBytes: number;
  /** In the order of the next fetch: who was served goes to the end. */
  readonly #partitions = new Map<string, PartitionFetch>();
  readonly #lanes: readonly ConnectionLane[];
  readonly #loops = new Map<number, Promise<unknown>>();
  readonly #troubled = new Set<PartitionFetch>();
  readonly #waiting: Waiting;
  readonly #errors: FailedFetch[] = [];
  /** Rung when there may be something to fetch. */
  readonly #work = new Bell();
  /** Rung when there may be something to poll. */
  readonly #arrival = new Bell();
  readonly #closing = new AbortController();
  #bufferedBytes = 0;
  #findingLeaders = false;

  constructor(cluster: KafkaCluster, options: KafkaReaderOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_BUFFER_BYTES;
    this.#lanes = Array.from({ length: LANES_PER_BROKER }, () => cluster.lane());
    this.#waiting = new Waiting(cluster.logger, { what: 'partitions to be readable' });
    cluster.opened(this);
  }

  assign(at: TopicPartition, fromOffset: number): void {
    const paused = this.#partitions.get(keyOf(at))?.paused ?? false;
    this.#remove(at);
    const partition = new PartitionFetch(at, fromOffset);
    partition.paused = paused;
    this.#partitions.set(keyOf(at), partition);
    void this.#route();
  }

  unassign(at: TopicPartition): void {
    this.#remove(at);
    this.#work.ring();
  }

  pause(at: TopicPartition): void {
    const partition = this.#partitions.get(keyOf(at));
    if (partition) partition.paused = true;
  }

  resume(at: TopicPartition): void {
    const partition = this.#partitions.get(keyOf(at));
    if (!partition?.paused) return;
    partition.paused = false;
    this.#work.ring();
    if (!partition.isEmpty) this.#arrival.ring();
  }

  async poll(options: { readonly maxWaitMs: number }): Promise<readonly FetchedRecords[]> {
    if (this.#closing.signal.aborted) throw closed();
    const ready = this.#drain();
    if (ready.length > 0 || options.maxWaitMs <= 0) return ready;
    await this.#arrival.wait(options.maxWaitMs);
    return this.#drain();
  }

  sinceCaughtUpMs(at: TopicPartition): number {
    const partition = this.#partitions.get(keyOf(at));
    return partition?.isEmpty === true ? performance.now() - partition.caughtUpAtMs : Infinity;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cluster.closed(this);
    for (const lane of this.#lanes) lane.close();
    this.#work.ring();
    this.#arrival.ring();
    await Promise.all(this.#loops.values());
    this.#partitions.clear();
  }

  #drain(): FetchedRecords[] {
    const error = this.#nextError();
    if (error !== null) throw error;
    const ready: FetchedRecords[] = [];
    for (const partition of this.#partitions.values()) {
      const chunk = partition.paused ? null : partition.take(this.#options.fetch.maxBytesPerPartition);
      if (chunk === null) continue;
      this.#bufferedBytes -= chunk.sizeBytes;
      ready.push(chunk);
    }
    if (ready.length > 0) this.#work.ring();
    return ready;
  }

  /** What was read before a partition failed is given first. */
  #nextError(): LogError | null {
    const index = this.#errors.findIndex(({ partition }) => partition.isEmpty || !this.#isCurrent(partition));
    if (index < 0) return null;
    const { partition, error } = this.#errors.splice(index, 1)[0]!;
    return this.#isCurrent(partition) ? error : this.#nextError();
  }

  #remove(at: TopicPartition): void {
    const partition = this.#partitions.get(keyOf(at));
    if (!partition) return;
    this.#partitions.delete(keyOf(at));
    this.#bufferedBytes -= partition.bufferedBytes;
    this.#recovered(partition);
  }

  /** Starts a fetch loop for every leader that has none; looks for leaders that are not known. */
  async #route(): Promise<void> {
    this.#startLoops();
    this.#work.ring();
    if (this.#findingLeaders) return;
    this.#findingLeaders = true;
    const backoff = new Backoff(50, 1_000);
    try {
      for (let topics = this.#leaderless(); topics.size > 0; topics = this.#leaderless()) {
        await this.#cluster.refreshMetadata(topics).catch(() => {});
        if (this.#closing.signal.aborted) return;
        this.#startLoops();
        this.#work.ring();
        if (this.#leaderless().size > 0) await delay(backoff.next(), this.#closing.signal);
      }
    } finally {
      this.#findingLeaders = false;
    }
  }

  #leaderless(): Set<string> {
    const topics = new Set<string>();
    if (this.#closing.signal.aborted) return topics;
    for (const partition of this.#partitions.values()) {
      const { topic } = partition;
      if (partition.failed || this.#cluster.metadata.leaderOf(topic, partition.partition) !== undefined)
        continue;
      const { metadata } = this.#cluster;
      const hopeless = metadata.isAbsent(topic) ? unknownTopic(topic) : metadata.refusal(topic);
      if (hopeless === null) topics.add(topic);
      else this.#fail(partition, hopeless);
    }
    return topics;
  }

  #startLoops(): void {
    for (const { topic, partition } of this.#partitions.values()) {
      const leader = this.#cluster.metadata.leaderOf(topic, partition);
      if (leader === undefined || this.#loops.has(leader)) continue;
      this.#loops.set(leader, Promise.all(this.#lanes.map((lane) => this.#fetchLoop(leader, lane))));
    }
  }

  async #fetchLoop(nodeId: number, lane: ConnectionLane): Promise<void> {
    const backoff = new Backoff(50, 1_000);
    while (!this.#closing.signal.aborted) {
      const partitions = this.#takeFetchable(nodeId);
      if (partitions.length === 0) {
        await this.#work.wait();
        continue;
      }
      try {
        await this.#fetchOnce(nodeId, lane, partitions);
        backoff.reset();
      } catch (error) {
        this.#interrupted(partitions, error, backoff.next());
      }
    }
  }

  get #share(): number {
    return Math.floor(this.#maxBufferedBytes / this.#partitions.size);
  }

  #takeFetchable(nodeId: number): PartitionFetch[] {
    const share = this.#share;
    const isFull = this.#bufferedBytes >= this.#maxBufferedBytes;
    const taken: PartitionFetch[] = [];
    for (const partition of this.#partitions.values()) {
      if (partition.inFlight || partition.paused || partition.failed || partition.pauses > 0) continue;
      if (!partition.isEmpty && (isFull || partition.bufferedBytes >= share)) continue; // F2
      if (this.#cluster.metadata.leaderOf(partition.topic, partition.partition) !== nodeId) continue;
      partition.inFlight = true;
      taken.push(partition);
    }
    return taken;
  }

  async #fetchOnce(
    nodeId: number,
    lane: ConnectionLane,
    partitions: readonly PartitionFetch[],
  ): Promise<void> {
    const { readCommitted, fetch: options } = this.#options;
    const asked = partitions.map((at) => ({ ...topicPartition(at), fetchOffset: at.position }));
    const waiting = new Set(partitions);
    try {
      const timeoutMs = options.maxWaitMs + this.#cluster.requestTimeoutMs;
      const share = Math.max(this.#share, MIN_FETCH_BYTES);
      const maxBytesPerPartition = Math.min(options.maxBytesPerPartition, share);
      const limits = { ...options, maxBytesPerPartition, readCommitted, timeoutMs };
      const askedAtMs = performance.now();
      const answer = await lane.send(nodeId, fetch(asked, limits));
      if (answer.errorCode !== KafkaCode.NONE) throw new BrokerError(answer.errorCode);
      for (const fetched of answer.partitions) {
        const partition = this.#partitions.get(keyOf(fetched));
        if (partition && waiting.has(partition)) this.#deliver(partition, fetched, askedAtMs); // F3
      }
    } finally {
      for (const partition of partitions) partition.inFlight = false;
    }
  }

  #isCurrent(partition: PartitionFetch): boolean {
    return this.#partitions.get(keyOf(partition)) === partition;
  }

  #deliver(partition: PartitionFetch, fetched: FetchedPartition, askedAtMs: number): void {
    if (fetched.errorCode !== KafkaCode.NONE) return this.#refused(partition, fetched.errorCode);
    this.#recovered(partition);
    if (fetched.records.length === 0) {
      if (fetched.highWatermark <= partition.position) partition.caughtUpAtMs = askedAtMs;
      return;
    }
    try {
      this.#accept(partition, fetched);
    } catch (error) {
      if (!(error instanceof DamagedBatch)) throw error;
      partition.damaged++;
      if (partition.damaged >= DAMAGED_TRIES) this.#fail(partition, error);
      else this.#block(partition, STALE_LEADER_PAUSE_MS);
    }
  }

  #accept(partition: PartitionFetch, fetched: FetchedPartition): void {
    const fromOffset = partition.position;
    const visible = visibleBatches(detached(fetched.records), fromOffset, fetched.abortedTransactions, {
      readCommitted: this.#options.readCommitted,
      crcCheck: this.#options.fetch.crcCheck,
    });
    partition.damaged = 0;
    if (visible.nextOffset === fromOffset) return; // only the cut-off head of a batch: it is first in the next fetch
    partition.position = visible.nextOffset;
    this.#bufferedBytes += visible.sizeBytes;
    const { highWatermark, lastStableOffset } = fetched;
    partition.push({
      ...topicPartition(partition),
      ...visible,
      fromOffset,
      highWatermark,
      lastStableOffset: lastStableOffset < 0 ? highWatermark : lastStableOffset,
    });
    this.#partitions.delete(keyOf(partition));
    this.#partitions.set(keyOf(partition), partition);
    if (!partition.paused) this.#arrival.ring();
  }

  #refused(partition: PartitionFetch, code: number): void {
    if (code === KafkaCode.OFFSET_OUT_OF_RANGE) void this.#outOfRange(partition);
    else if (UNAUTHORIZED.has(code))
      this.#fail(partition, new BrokerError(code, null, { apiName: 'Fetch', resource: partition.topic }));
    else {
      this.#trouble(partition, codeName(code));
      this.#lookForLeader([partition], STALE_LEADER_PAUSE_MS);
    }
  }

  #interrupted(partitions: readonly PartitionFetch[], error: unknown, pauseMs: number): void {
    if (this.#closing.signal.aborted) return;
    const passing = error instanceof ConnectionFailure || error instanceof BrokerError;
    if (passing) return this.#lookForLeader(partitions, pauseMs);
    for (const partition of partitions) if (this.#isCurrent(partition)) this.#fail(partition, error);
  }

  #lookForLeader(partitions: readonly PartitionFetch[], pauseMs: number): void {
    for (const partition of partitions) this.#block(partition, pauseMs);
    const topics = new Set(partitions.map(({ topic }) => topic));
    void this.#cluster
      .refreshMetadata(topics)
      .catch(() => {})
      .then(() => this.#route());
  }

  #block(partition: PartitionFetch, pauseMs: number): void {
    partition.pauses++;
    void delay(pauseMs, this.#closing.signal).then(() => {
      partition.pauses--;
      this.#work.ring();
    });
  }

  /** Asks where the log begins and ends now, for the error; asked again if nobody answers. */
  async #outOfRange(partition: PartitionFetch): Promise<void> {
    partition.failed = true;
    try {
      const [startOffset, endOffset] = await Promise.all([
        this.#offsetAt(partition, EARLIEST_TIMESTAMP),
        this.#offsetAt(partition, LATEST_TIMESTAMP),
      ]);
      if (!this.#isCurrent(partition)) return;
      const at = topicPartition(partition);
      const text = `Cannot read ${nameOf(at)} from offset ${partition.position}: the log reaches from ${startOffset} to ${endOffset}.`;
      const error = new LogError({ kind: 'offsetOutOfRange', at, startOffset, endOffset }, text);
      this.#errors.push({ partition, error });
      this.#arrival.ring();
    } catch {
      partition.failed = false;
      this.#block(partition, STALE_LEADER_PAUSE_MS);
    }
  }

  async #offsetAt(at: TopicPartition, timestamp: number): Promise<number> {
    const { control } = this.#cluster;
    const [found] = await askLeaders(this.#cluster, control, [at], (ask) =>
      listOffsets(ask, timestamp, false),
    );
    return found!.offset;
  }

  #fail(partition: PartitionFetch, error: unknown): void {
    partition.failed = true;
    const at = topicPartition(partition);
    const text = `Cannot read ${nameOf(at)} from offset ${partition.position}`;
    this.#errors.push({ partition, error: toLogError(error, text, at) });
    this.#arrival.ring();
  }

  /** One line when reading is interrupted, one now and then while it is, one when everything is read again. */
  #trouble(partition: PartitionFetch, why: string): void {
    if (this.#troubled.size === 0) {
      this.#cluster.logger.log('warn', `Reading ${nameOf(partition)} is interrupted: ${why}; trying again.`);
    }
    this.#troubled.add(partition);
    this.#waiting.failed(`${nameOf(partition)}: ${why}`);
  }
  #recovered(partition: PartitionFetch): void {
    if (!this.#troubled.delete(partition) || this.#troubled.size > 0) return;
    this.#waiting.over();
    this.#cluster.logger.log('info', 'Reading goes on: every partition has a leader again.');
  }
}

/** A view keeps the whole answer alive, other partitions' records included: a small part of it is copied out, so that what is
 *  kept of a partition that is not read for long is no more than a few times what is counted. */
function detached(records: Buffer): Buffer {
  return records.length * 8 < records.buffer.byteLength ? Buffer.from(records) : records;
}

function closed(): LogError {
  return new LogError({ kind: 'unavailable' }, 'Cannot read: the reader was closed.');
}
function keyOf(at: TopicPartition): string {
  return `${at.partition} ${at.topic}`;
}
function nameOf(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`;
}
function topicPartition(at: TopicPartition): TopicPartition {
  return { topic: at.topic, partition: at.partition };
}
