/** How `suppress` holds the changes of a table back (Kafka Streams: Suppressed). */
import type { StoreOptions } from './store-ref.ts';

/** How much is held back at most; what is left out has no limit. Rows are kept in a store, so it is not memory that this bounds, but
 *  how much waits. */
export interface SuppressBuffer<WhenFull extends 'emitEarly' | 'shutDown'> {
  /** Of each task. @defaultValue no limit */
  readonly maxRecords?: number;
  /** Of each task: keys and values as they are serialized. @defaultValue no limit */
  readonly maxBytes?: number;
  /** emitEarly: what is due first is passed on before its time. shutDown: the application ends, with a `BufferFullError`. */
  readonly whenFull: WhenFull;
}

interface SuppressNames<K, V> {
  /** Names the operator, its store and changelog. */
  readonly name: string;
  /** Serdes for key and value @defaultValue the table's, where they are known, else tagged JSON */
  readonly store?: Pick<StoreOptions<K, V>, 'key' | 'value' | 'changelog'>;
}

/** A row is passed on when event time has gone on by `limitMs` since its first change that was held back. */
export interface SuppressUntilTimeLimit<K, V> extends SuppressNames<K, V> {
  readonly until: 'timeLimit';
  /** Whole milliseconds, 0 or more. */
  readonly limitMs: number;
  /** @defaultValue no limit */
  readonly buffer?: SuppressBuffer<'emitEarly' | 'shutDown'>;
}

/** A window's result is passed on once, when the window has closed. An early result would not be final, so a full buffer can only end
 *  the application. */
export interface SuppressUntilWindowCloses<K, V> extends SuppressNames<K, V> {
  readonly until: 'windowCloses';
  /** @defaultValue no limit */
  readonly buffer?: SuppressBuffer<'shutDown'>;
}
