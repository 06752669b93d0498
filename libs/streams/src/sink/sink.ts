/** Sinks that are not topics: what a connector implements. Each is fed from a topic of the application (`<applicationId>-<name>-sink`),
 *  by one task for each partition. Two contracts:
 *  at_least_once: the sink acknowledges, then the offsets are committed. What a crash leaves between is written again.
 *  exactly_once: the sink keeps its position in the transaction that writes the rows. A task goes on from there, whatever the group
 *  has committed; and whoever opened a partition later has fenced all before. */
import { StreamsError } from '../errors/streams.error.ts';
import type { RecordOrigin, StreamRecord } from '../record/record.ts';

/** Where a sink stands in one partition of the topic it is fed from. */
export interface SinkPosition {
  /** The next record to write: all before it are in the sink, or were rejected. */
  readonly offset: number;
  /** Offsets before that of records which the sink rejected and whose dead letters may not be committed yet. A task that takes over
   *  gives them to the sink again. Kept with `offset`; mostly empty, and never more than one commit brings. */
  readonly rejected: readonly number[];
}

export type SinkRecord<K, V> = StreamRecord<K, V> & RecordOrigin;

/** A record that the target will never take (a value that a column cannot hold, an answer 400). All others of its batch are
 *  written. The processing handler decides about it: by default it becomes a dead letter. */
export interface RejectedRecord {
  readonly offset: number;
  readonly reason: Error;
}
/** The rejection of a record for what was thrown about it. */
export function rejectedFor(offset: number, thrown: unknown): RejectedRecord {
  return { offset, reason: thrown instanceof Error ? thrown : new Error(String(thrown)) };
}
/** Nothing, or what was rejected. */
export type SinkAnswer = readonly RejectedRecord[] | void;

/** What all sinks have. One object serves all tasks of the process: calls for different partitions overlap, those of one partition
 *  never do. What a call throws is tried again with growing waits (and then for ever, by the task that starts over), unless it is a
 *  `SinkError` that says otherwise. One that has not ended after two minutes is given up. */
export interface NamedSink {
  /** Names its topic `<applicationId>-<name>-sink`; of sinks with one name the second is `<name>-2` and so on. */
  readonly name: string;
  /** No write is given more records. @defaultValue 1_000, which is also the most */
  readonly maxBatchRecords?: number;
  /** Once, after the last write of the process. */
  close(): Promise<void>;
}

/** Writes again what it had written when a task moves or crashes. */
export interface AtLeastOnceSink<in K, in V> extends NamedSink {
  readonly guarantee: 'at_least_once';
  /** Before the first write to a partition, and again after one that failed. */
  open?(topic: string, partition: number): Promise<void>;
  /** Records of one partition in offset order. Ends when the target has acknowledged them. */
  write(batch: readonly SinkRecord<K, V>[]): Promise<SinkAnswer>;
}

/** Neither loses nor repeats a record, whenever what process dies.
 *  X1 Rows and position are one transaction of the target.
 *  X2 `open` fences: no write through a partition opened earlier changes the target any more; it throws a `SinkError` 'fenced'.
 *  X3 What is not known is asked: after a write that failed the partition is opened anew, and its position says whether the rows
 *     are there. */
export interface ExactlyOnceSink<in K, in V> extends NamedSink {
  readonly guarantee: 'exactly_once';
  /** Takes over a partition from whoever had it. Asked for anew by each task, and after a write that failed. */
  open(topic: string, partition: number): Promise<SinkPartition<K, V>>;
}

/** One partition in the hands of one owner. */
export interface SinkPartition<in K, in V> {
  /** Where the target stood when it was opened; null: it has nothing of this partition. */
  readonly position: SinkPosition | null;
  /** Records in offset order. Together with them it keeps `position`, and adds to its `rejected` those that it rejects now.
   *  @throws SinkError `fenced` when the partition was opened again meanwhile; then nothing was written */
  write(batch: readonly SinkRecord<K, V>[], position: SinkPosition): Promise<SinkAnswer>;
}

/** A sink of either contract. */
export type StreamSink<K, V> = AtLeastOnceSink<K, V> | ExactlyOnceSink<K, V>;

/** fenced: a newer owner has the partition, the task is dropped. unavailable: later it may be there again, it is tried again.
 *  unusable: no retry mends it (a table of another shape, refused credentials), the application ends. */
export type SinkFailure = 'fenced' | 'unavailable' | 'unusable';

/** A sink that could not be opened or written. The records are kept: the next attempt begins with them. */
export class SinkError extends StreamsError {
  readonly code = 'HFS_SINK';
  readonly failure: SinkFailure;

  /** @param failure `unavailable` where it is left out */
  constructor(message: string, { failure = 'unavailable', ...options }: SinkErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
  }
}
export interface SinkErrorOptions extends ErrorOptions {
  readonly failure?: SinkFailure;
}
