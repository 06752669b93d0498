/** Event time: where it is read, how far the watermark stays behind. */
import type { RecordOrigin, StreamRecord } from '../record/record.ts';
import type { EventTime } from '../topology/graph.ts';
import { parseIsoTime } from './iso-time.ts';

/** Reads the event time of a record, epoch ms. `record.timestampMs` is the time the log keeps with it.
 *  Fractions of a millisecond are cut off. Whatever is no finite number from 0 on, and whatever it throws, is a timestamp failure for
 *  the handler. */
export type TimestampExtractor<in K, in V> = (record: StreamRecord<K, V>, origin: RecordOrigin) => number;

/** Columns that can be an event time: epoch milliseconds, ISO 8601, Date. */
export type TimeColumn<V> = {
  [C in keyof V & string]-?: V[C] extends number | string | Date ? C : never;
}[keyof V & string];

export interface WatermarkOptions {
  /** Watermark = highest event time of the partition - delayMs. @defaultValue 0 */
  readonly delayMs?: number;
  /** A partition silent for so long (of time not blocked by backpressure) no longer holds the watermark back. @defaultValue never */
  readonly idleAfterMs?: number;
  /** What the watermark does while all partitions of a task are idle. hold: it stays, and open windows wait for records to come.
   *  advance: it goes on as the wall clock does, so windows close without records; for streams of what happens now, since records that
   *  come later than their time would be late. Needs `idleAfterMs`. @defaultValue 'hold' */
  readonly whenIdle?: 'hold' | 'advance';
}

export interface TimestampOptions<K, V> {
  /** A column, or a function. @defaultValue the record's own timestamp */
  readonly timestamp?: TimeColumn<V> | TimestampExtractor<K, V>;
  /** How far the watermark stays behind. @defaultValue at the highest event time of each partition */
  readonly watermark?: WatermarkOptions;
}

/** NaN is what the engine makes a timestamp failure of. */
export function columnTime(column: string): EventTime {
  return (_key, value) => {
    const time = (value as Readonly<Record<string, unknown>>)[column];
    if (typeof time === 'string') return parseIsoTime(time);
    if (typeof time === 'number') return time;
    return time instanceof Date ? time.getTime() : NaN;
  };
}

export function extractedTime(extract: TimestampExtractor<unknown, unknown>): EventTime {
  return (key, value, timestampMs, record) =>
    extract({ key, value, timestampMs, headers: record.headers() }, record);
}
