/** Reads partitions straight from the database: nothing is read ahead, as nothing has to be waited for. */
import { setImmediate } from 'node:timers/promises';
import type { FetchedRecords, LogReader, ReaderOptions, TopicPartition } from '@hiveframe/streams';
import type { Broker } from '../broker/broker.ts';
import type { Partition } from '../broker/partition.ts';
import type { SharedBroker } from '../broker/shared-broker.ts';
import { firstOf, Signal } from '../broker/signal.ts';
import { closed, damaged, offsetOutOfRange, unknownTopic } from '../log-failures.ts';
import type { StoredBatch } from '../storage/batch-table.ts';
import { isSound, recordBatch } from './record-batch-of.ts';

const DEFAULT_BUFFERED_BYTES = 32 * 1024 * 1024;
/** Of one answer: a poll holds the process up for a few milliseconds at most. */
const MAX_POLL_BYTES = 4 * 1024 * 1024;
/** Of one partition in an answer, so that the others have their share. */
const MAX_PARTITION_BYTES = 1024 * 1024;

interface Position {
  readonly at: TopicPartition;
  partition: Partition | null;
  offset: number;
  paused: boolean;
  /** Said once, the partition is silent until it is assigned anew. */
  failed: boolean;
}

export class EmbeddedReader implements LogReader {
  readonly #shared: SharedBroker;
  readonly #onClosed: () => void;
  readonly #committedOnly: boolean;
  readonly #maxBytes: number;
  /** In the order in which they are served; who was served goes to the end. */
  readonly #positions = new Map<string, Position>();
  readonly #moved = new Signal();
  #closed = false;

  constructor(shared: SharedBroker, { isolation, maxBufferedBytes }: ReaderOptions, onClosed: () => void) {
    this.#shared = shared;
    this.#onClosed = onClosed;
    this.#committedOnly = isolation === 'read_committed';
    this.#maxBytes = Math.min(maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES, MAX_POLL_BYTES);
  }

  assign({ topic, partition }: TopicPartition, fromOffset: number): void {
    const at = { topic, partition };
    this.#positions.set(nameOf(at), {
      at,
      partition: null,
      offset: fromOffset,
      paused: false,
      failed: false,
    });
    this.#moved.fire();
  }
  unassign(at: TopicPartition): void {
    this.#positions.delete(nameOf(at));
  }
  pause(at: TopicPartition): void {
    const position = this.#positions.get(nameOf(at));
    if (position !== undefined) position.paused = true;
  }
  resume(at: TopicPartition): void {
    const position = this.#positions.get(nameOf(at));
    if (position === undefined) return;
    position.paused = false;
    this.#moved.fire();
  }

  async poll({ maxWaitMs }: { readonly maxWaitMs: number }): Promise<readonly FetchedRecords[]> {
    if (this.#closed) throw closed();
    const deadlineMs = performance.now() + maxWaitMs;
    await setImmediate(); // lets writes happen, however tight the loop that polls
    while (!this.#closed) {
      const broker = this.#shared.get();
      const fetched = broker.isSound() ? this.#fetch(broker) : [];
      if (fetched.length > 0) return fetched;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      await firstOf([broker.changed, this.#moved], leftMs);
    }
    return [];
  }

  /** The log is at hand: what it holds can be told at once. */
  sinceCaughtUpMs(at: TopicPartition): number {
    const position = this.#positions.get(nameOf(at));
    if (position === undefined || position.partition === null || position.failed) return Infinity;
    return position.partition.endOffset <= position.offset ? 0 : Infinity;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClosed();
    this.#positions.clear();
    this.#moved.fire();
  }

  #fetch(broker: Broker): FetchedRecords[] {
    const ready = this.#readyPositions(broker);
    const fetched: FetchedRecords[] = [];
    let leftBytes = this.#maxBytes;
    for (const { position, partition } of ready) {
      const records = this.#read(broker, position, partition, Math.min(leftBytes, MAX_PARTITION_BYTES));
      fetched.push(records);
      this.#served(position, records.nextOffset);
      leftBytes -= records.sizeBytes;
      if (leftBytes <= 0) break;
    }
    return fetched;
  }

  /** Those that have something beyond their position. @throws LogError for the first that cannot go on */
  #readyPositions(broker: Broker): { position: Position; partition: Partition }[] {
    const ready = [];
    for (const position of this.#positions.values()) {
      if (position.paused || position.failed) continue;
      const partition = this.#partitionOf(broker, position);
      if (position.offset < this.#endOf(partition)) ready.push({ position, partition });
    }
    return ready;
  }

  #partitionOf(broker: Broker, position: Position): Partition {
    try {
      position.partition ??= broker.topics.partition(position.at);
      const { partition, offset } = position;
      if (partition.deleted) throw unknownTopic(partition.topic);
      if (offset < partition.startOffset || offset > partition.endOffset)
        throw offsetOutOfRange(position.at, offset, partition.startOffset, partition.endOffset);
      return partition;
    } catch (error) {
      position.failed = true;
      throw error;
    }
  }

  #endOf(partition: Partition): number {
    return this.#committedOnly ? partition.lastStableOffset : partition.endOffset;
  }

  #read(broker: Broker, position: Position, partition: Partition, maxBytes: number): FetchedRecords {
    const end = this.#endOf(partition);
    const { batches } = broker.storage;
    const stored = broker.reading(() => batches.read(partition.id, position.offset, end, maxBytes));
    const sound = broker.isDurable ? this.#untilDamage(position, stored) : stored;
    const sizeBytes = sound.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const isCut = sound.length < stored.length || sizeBytes >= maxBytes;
    return {
      ...position.at,
      batches: sound.map(recordBatch),
      fromOffset: position.offset,
      // Short of the bound everything up to the end was read; gaps are what aborted transactions left.
      nextOffset: isCut ? (sound.at(-1)?.endOffset ?? end) : end,
      highWatermark: partition.endOffset,
      lastStableOffset: partition.lastStableOffset,
      sizeBytes,
    };
  }

  /** What comes before a damaged batch. @throws LogError `damaged` when it is the first one */
  #untilDamage(position: Position, stored: readonly StoredBatch[]): readonly StoredBatch[] {
    const index = stored.findIndex((batch) => !isSound(batch));
    if (index !== 0) return index < 0 ? stored : stored.slice(0, index);
    position.failed = true;
    throw damaged(position.at, position.offset, stored[0]!.endOffset);
  }

  #served(position: Position, nextOffset: number): void {
    position.offset = nextOffset;
    const name = nameOf(position.at);
    this.#positions.delete(name);
    this.#positions.set(name, position);
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
