/** Brings a store partition up to date with its changelog (steps 3 and 4 of taking over a task). */
import { RecordCursor } from '../record-batch/index.ts';
import { TaskCorruptedError } from '../errors/streams.error.ts';
import {
  LogError,
  type FetchedRecords,
  type LogPort,
  type LogReader,
  type TopicPartition,
} from '../ports/log.ts';
import type { SegmentId, StorePartition } from '../ports/store.ts';
import { decodeChangelogKey } from './changelog-codec.ts';
import { SegmentWriter } from './segment-writes.ts';

export interface RestoreProgress {
  readonly store: string;
  readonly partition: number;
  readonly restored: number;
  readonly remaining: number;
}

export interface RestoreOptions {
  readonly log: LogPort;
  readonly changelog: TopicPartition;
  readonly store: string;
  readonly windowed: boolean;
  readonly partition: StorePartition;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/** Of each store: many may be restored at once. */
const RESTORE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Resolves with the changelog offset the store stands at. The end is taken read_uncommitted after the task was fenced, the
 *  records are read read_committed (D32). @throws TaskCorruptedError when the store is another owner's meanwhile, or the changelog
 *  begins later: both are mended by opening the task again */
export async function restore(options: RestoreOptions): Promise<number> {
  const { log, changelog, partition } = options;
  const [end] = await log.admin.offsets([changelog], 'end');
  const [start] = await log.admin.offsets([changelog], 'start');
  let from = partition.changelogOffset ?? 0;
  if (from > end!.offset || (from < start!.offset && from > 0)) {
    // The changelog was made anew, or does not reach back to where the store stands: only a full replay is right.
    if ((await partition.clear()) === 'fenced') throw fenced(options);
    from = 0;
  }
  if (Math.max(from, start!.offset) >= end!.offset) return from;
  const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: RESTORE_BUFFER_BYTES });
  try {
    reader.assign(changelog, Math.max(from, start!.offset));
    return await replay(reader, options, from, end!.offset);
  } catch (error) {
    throw error instanceof LogError && error.failure.kind === 'offsetOutOfRange'
      ? cutShort(options, error)
      : error;
  } finally {
    await reader.close();
  }
}

async function replay(
  reader: LogReader,
  options: RestoreOptions,
  from: number,
  end: number,
): Promise<number> {
  let offset = from;
  let restored = 0;
  while (offset < end) {
    if (options.signal.aborted)
      throw new LogError({ kind: 'abortable' }, `Restore of ${options.store} was called off.`);
    for (const fetched of await reader.poll({ maxWaitMs: 500 })) {
      restored += await apply(fetched, options, offset);
      offset = fetched.nextOffset;
      options.onProgress({
        store: options.store,
        partition: options.changelog.partition,
        restored,
        remaining: Math.max(0, end - offset),
      });
    }
  }
  return offset;
}

async function apply(fetched: FetchedRecords, options: RestoreOptions, fromOffset: number): Promise<number> {
  const writers = new Map<SegmentId, SegmentWriter>();
  const cursor = new RecordCursor();
  let count = 0;
  cursor.reset(fetched.batches, fetched.fromOffset);
  while (cursor.next()) {
    const { key, segment } = decodeChangelogKey(cursor.key()!, options.windowed);
    let writer = writers.get(segment);
    if (writer === undefined) writers.set(segment, (writer = new SegmentWriter()));
    writer.append(key, cursor.value());
    count++;
  }
  const result = await options.partition.flush({
    writes: Array.from(writers, ([segment, writer]) => writer.take(segment)),
    expireBeforeMs: null,
    fromOffset,
    toOffset: fetched.nextOffset,
  });
  if (result !== 'applied' && result !== 'alreadyApplied') throw fenced(options);
  return count;
}

function fenced(options: RestoreOptions): TaskCorruptedError {
  return new TaskCorruptedError(
    `Cannot restore store ${options.store}-${options.changelog.partition}: another owner opened it meanwhile, or it lost writes.`,
  );
}

function cutShort({ store, changelog }: RestoreOptions, cause: LogError): TaskCorruptedError {
  return new TaskCorruptedError(
    `Cannot restore store ${store}-${changelog.partition}: retention deleted the beginning of its changelog meanwhile.`,
    { cause },
  );
}
