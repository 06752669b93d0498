/** Where the splits of a source stand: a compacted topic with a partition for each of them, in which the last record is the position. */
import {
  RecordBatchWriter,
  RecordCursor,
  type LogReader,
  type OutputBatch,
  type TopicPartition,
} from '@hiveframe/streams';
import { SourceError } from '../source/source.error.ts';
import type { ResolvedResumableOptions } from './resumable-options.ts';

/** Read first: the last position is mostly the last record but one, before the end of its transaction. */
const TAIL_RECORDS = 1_000;
/** A source commits ten times a second: the log is to compact what it has sooner than it would of its own. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const KEY = Buffer.from('position');
const POLL_MS = 1_000;

export type PositionOptions<P> = Pick<
  ResolvedResumableOptions<never, never, P>,
  'log' | 'name' | 'numSplits' | 'position' | 'positionsTopic' | 'replicationFactor' | 'clock'
>;

export class SplitPositions<P> {
  readonly #options: PositionOptions<P>;

  constructor(options: PositionOptions<P>) {
    this.#options = options;
  }

  /** Makes the topic where it is not there. @throws SourceError when it is of a source with other splits; LogError */
  async prepare(): Promise<void> {
    const { log, positionsTopic: topic, numSplits, replicationFactor } = this.#options;
    const found = (await log.admin.describe([topic])).get(topic);
    if (found !== undefined) return this.#requireSplits(found.numPartitions);
    const config = {
      'cleanup.policy': 'compact',
      'message.timestamp.type': 'CreateTime',
      'segment.bytes': String(SEGMENT_BYTES),
    };
    const replication = replicationFactor === undefined ? {} : { replicationFactor };
    await log.admin.create([{ topic, numPartitions: numSplits, config, ...replication }]);
  }

  #requireSplits(there: number): void {
    const { name, numSplits, positionsTopic } = this.#options;
    if (there === numSplits) return;
    throw new SourceError(
      `Cannot run source ${name} in ${numSplits} splits: topic ${positionsTopic} keeps the positions of ${there}, and events may have moved between them. Give it ${there} again, or another name, under which it begins at the start.`,
    );
  }

  /** Of a split whose former owners are fenced, so that nothing is under way any more; null: nothing was committed.
   *  @throws LogError; the reason of the signal once it aborts */
  async read(split: number, signal: AbortSignal): Promise<P | null> {
    const { log, positionsTopic } = this.#options;
    const at = { topic: positionsTopic, partition: split };
    const [[start], [end]] = await Promise.all([
      log.admin.offsets([at], 'start'),
      log.admin.offsets([at], 'end'),
    ]);
    const first = start?.offset ?? 0;
    const beyond = end?.offset ?? 0;
    const tail = Math.max(first, beyond - TAIL_RECORDS);
    const value =
      (await this.#lastValue(at, tail, beyond, signal)) ?? (await this.#lastValue(at, first, tail, signal));
    return value === null ? null : this.#options.position.deserialize(value, this.#context());
  }

  async #lastValue(
    at: TopicPartition,
    from: number,
    beyond: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    if (from >= beyond) return null;
    const reader = this.#options.log.reader({ isolation: 'read_committed' });
    try {
      return await lastValue(reader, at, from, beyond, signal);
    } finally {
      await reader.close();
    }
  }

  /** The position as a batch for the transaction of what it follows. @throws what its serde throws */
  batchOf(split: number, position: P): OutputBatch {
    const { positionsTopic, clock } = this.#options;
    const batch = new RecordBatchWriter();
    const value = this.#options.position.serialize(position, this.#context());
    batch.append(KEY, value, clock.nowMs());
    return { topic: positionsTopic, partition: split, records: batch.take() };
  }

  #context() {
    return { topic: this.#options.positionsTopic, part: 'value' as const, headers: () => [] };
  }
}

async function lastValue(
  reader: LogReader,
  at: TopicPartition,
  from: number,
  beyond: number,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const cursor = new RecordCursor();
  let last: Uint8Array | null = null;
  reader.assign(at, from);
  for (let offset = from; offset < beyond;) {
    signal.throwIfAborted();
    for (const fetched of await reader.poll({ maxWaitMs: POLL_MS })) {
      offset = fetched.nextOffset;
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) last = Uint8Array.from(cursor.value()!);
    }
  }
  return last;
}
