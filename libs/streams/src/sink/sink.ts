/** Sinks that are not topics: what a connector implements. */
import { StreamsError } from '../errors/streams.error.ts';
import type { RecordOrigin, StreamRecord } from '../record/record.ts';

/** Where a sink stands in one partition of the topic it is fed from. */
export interface SinkPosition {
  /** The next record to write: all before it is in the sink. */
  readonly offset: number;
}

export type SinkRecord<K, V> = StreamRecord<K, V> & RecordOrigin;

/** One object serves all tasks of the process: calls for different partitions overlap, those of one partition never do. */
export interface Sink<in K, in V> {
  /** Names its topic `<applicationId>-<name>-sink`; of sinks with one name the second is `<name>-2` and so on. */
  readonly name: string;
  /** exactly_once: keeps the position in the same transaction as the rows, and gives it back in `open`.
   *  at_least_once: writes again what it had written when a task moves or crashes. */
  readonly guarantee: 'exactly_once' | 'at_least_once';
  /** Before the first write to a partition by this owner; null: write whatever comes. */
  open(topic: string, partition: number): Promise<SinkPosition | null>;
  /** Records of one partition in offset order; `position` is where the sink stands once they are written. One that has not ended
   *  after two minutes is given up, and the task starts over with `open`: an exactly-once sink then refuses what still arrives. */
  write(batch: readonly SinkRecord<K, V>[], position: SinkPosition): Promise<void>;
  /** Once, after the last write of the process. */
  close(): Promise<void>;
}

/** A sink that could not be opened or written. The records are kept: the next attempt begins with them. */
export class SinkError extends StreamsError {
  readonly code = 'HFS_SINK';
}
