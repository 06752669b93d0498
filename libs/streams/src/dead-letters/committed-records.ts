/** Reads a topic up to what was committed when the reading began, one partition after the other, in the order of offsets. Holds no more
 *  than what one poll brings. */
import {
  LogError,
  type FetchedRecords,
  type LogPort,
  type LogReader,
  type PartitionOffset,
  type TopicPartition,
} from '../ports/log.ts';
import { RecordCursor } from '../record-batch/index.ts';
import type { Bytes } from '../record/record.ts';
import type { RawDeadLetter } from './dead-letter-record.ts';

export interface ReadingOptions {
  /** Where to begin: partitions before it are left out. @defaultValue the beginning */
  readonly from?: { readonly partition: number; readonly offset: number };
  /** Only what was written at that time or later, epoch ms. */
  readonly sinceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Range extends TopicPartition {
  readonly from: number;
  readonly end: number;
}

const POLL_MS = 100;
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Records are copies: they may be kept. Nothing, where there is no such topic. @throws LogError, the signal's reason */
export async function* committedRecords(
  log: LogPort,
  topic: string,
  { from, sinceMs, signal }: ReadingOptions = {},
): AsyncGenerator<RawDeadLetter> {
  const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: MAX_BUFFERED_BYTES });
  try {
    for (const range of await rangesOf(log, topic, sinceMs)) {
      if (from !== undefined && range.partition < from.partition) continue;
      const at = range.partition === from?.partition ? Math.max(from.offset, range.from) : range.from;
      for await (const record of recordsOf(reader, { ...range, from: at }, signal))
        if (sinceMs === undefined || record.timestampMs >= sinceMs) yield record;
    }
  } finally {
    await reader.close();
  }
}

/** Those that are there, in the order of offsets. */
export async function* committedRecordsAt(
  log: LogPort,
  topic: string,
  places: readonly { readonly partition: number; readonly offset: number }[],
  signal?: AbortSignal,
): AsyncGenerator<RawDeadLetter> {
  const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: MAX_BUFFERED_BYTES });
  try {
    const ranges = new Map((await rangesOf(log, topic)).map((range) => [range.partition, range]));
    for (const { partition, offset } of places) {
      const range = ranges.get(partition);
      if (range === undefined || offset < range.from || offset >= range.end) continue;
      yield* recordsOf(reader, { ...range, from: offset, end: offset + 1 }, signal);
    }
  } finally {
    await reader.close();
  }
}

async function rangesOf(log: LogPort, topic: string, sinceMs?: number): Promise<Range[]> {
  const described = (await log.admin.describe([topic])).get(topic);
  const all = Array.from({ length: described?.numPartitions ?? 0 }, (_, partition) => ({ topic, partition }));
  if (all.length === 0) return [];
  const [starts, ends] = await Promise.all([
    log.admin.offsets(all, sinceMs === undefined ? 'start' : { timestampMs: sinceMs }),
    log.admin.offsets(all, 'lastStable'),
  ]);
  const startOf = offsetsByPartition(starts);
  const endOf = offsetsByPartition(ends);
  return all.map((at) => ({ ...at, from: startOf.get(at.partition)!, end: endOf.get(at.partition)! }));
}

function offsetsByPartition(offsets: readonly PartitionOffset[]): ReadonlyMap<number, number> {
  return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
}

async function* recordsOf(
  reader: LogReader,
  { topic, partition, from, end }: Range,
  signal?: AbortSignal,
): AsyncGenerator<RawDeadLetter> {
  const at = { topic, partition };
  let position = from;
  reader.assign(at, position);
  while (position < end) {
    signal?.throwIfAborted();
    const fetched = await poll(reader);
    if (typeof fetched === 'number') reader.assign(at, (position = fetched));
    else {
      for (const one of fetched) {
        yield* copiesOf(one, end);
        position = one.nextOffset;
      }
    }
  }
  reader.unassign(at);
}

/** A number: what was to be read is gone meanwhile, the partition begins there now. */
async function poll(reader: LogReader): Promise<readonly FetchedRecords[] | number> {
  try {
    return await reader.poll({ maxWaitMs: POLL_MS });
  } catch (error) {
    if (error instanceof LogError && error.failure.kind === 'offsetOutOfRange')
      return error.failure.startOffset;
    throw error;
  }
}

function* copiesOf(fetched: FetchedRecords, end: number): Generator<RawDeadLetter> {
  const cursor = new RecordCursor();
  cursor.reset(fetched.batches, fetched.fromOffset);
  while (cursor.next() && cursor.offset < end) {
    yield {
      topic: fetched.topic,
      partition: fetched.partition,
      offset: cursor.offset,
      timestampMs: cursor.timestampMs,
      rawKey: copyOf(cursor.key()),
      rawValue: copyOf(cursor.value()),
      headers: cursor.headers().map(([name, value]) => [name, copyOf(value)] as const),
    };
  }
}

function copyOf(bytes: Bytes | null): Bytes | null {
  return bytes === null ? null : new Uint8Array(bytes);
}
