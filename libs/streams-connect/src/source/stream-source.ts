import type { MaybePromise } from '@hiveframe/streams';

/** Where events come from that are in no topic yet. They are written to a source topic first; from there on the application's
 *  guarantee holds. */
export interface StreamSource<out T> {
  /** Usually an async generator. What it yields is written to the source topic, in order; it is resumed when that is
   *  acknowledged (`maxUnacknowledged` allows more). The signal aborts when the application stops.
   *  Called again after it threw. */
  start(signal: AbortSignal): AsyncIterable<T>;
  /** Asked once to come to an end, after the signal has aborted. */
  stop?(): MaybePromise<void>;
}
