/** Sources that go on exactly where they stood: what they give and their position are one transaction of the log.
 *  R1 A position is committed with the events before it, and never without them: after a crash the source goes on behind the last
 *     events that are in the topic. No event is lost, none is there twice.
 *  R2 At any time one instance of a service runs a split; whoever takes it over has fenced all before. */
import type { Clock, FailureResponse, MaybePromise, Serde } from '@hiveframe/streams';
import type { StreamSource } from '../source/stream-source.ts';

/** From where a source begins, and for which part of its events. */
export interface SourceStart<P> {
  /** Of the last batch that is committed; null: none is. */
  readonly position: P | null;
  /** Which part of the events: 0 to `numSplits` - 1. */
  readonly split: number;
  readonly numSplits: number;
  /** Aborts when the split is to end here: the application stops, another instance takes it over, or what was given could not be
   *  committed. Watch it wherever you wait. */
  readonly signal: AbortSignal;
  /** Wait by this one, so that tests need not. */
  readonly clock: Clock;
}

/** What came, and where to go on behind it. */
export interface SourceBatch<T, P> {
  /** In the order in which they are to be in the topic; empty: only the position moves. One batch is one transaction at most, and
   *  several are one where they come within `commitIntervalMs`. */
  readonly events: readonly T[];
  /** Given back to `start` once the events are committed. */
  readonly position: P;
  /** What came and is no event: `onRejected` decides. Dead letters are in the same transaction. @defaultValue none */
  readonly rejected?: readonly RejectedEvent[];
}

/** Input that is no event, as it came. */
export interface RejectedEvent {
  readonly raw: Uint8Array;
  /** Its message says where it came from. */
  readonly reason: Error;
}

/** continue: skip it. deadLetter: keep its bytes, with why. fail: the source fails, and stays before it. */
export type RejectedResponse = FailureResponse | ((rejected: RejectedEvent) => FailureResponse);

/** A source that can begin anywhere in its events: a file, a queue with offsets, a table with a growing column. */
export interface ResumableSource<out T, P> {
  readonly guarantee: 'exactly_once';
  /** Names its positions (`<applicationId>-<name>-positions`), its transactions and its group (`<applicationId>-source-<name>`):
   *  under another name it begins at the start. */
  readonly name: string;
  /** In how many parts it may be run at once, by as many instances; never to be changed. Flink calls them splits (FLIP-27).
   *  @defaultValue 1 */
  readonly numSplits?: number;
  /** How positions are written; none that fetches schemas. @defaultValue JSON */
  readonly position?: Pick<Serde<P>, 'serialize' | 'deserialize'>;
  /** Usually an async generator, one for each split that runs here. It must give the same events from the same position. Called
   *  again, from the last committed position, after it threw. */
  start(from: SourceStart<P>): AsyncIterable<SourceBatch<T, P>>;
  /** Asked once to come to an end, after the signals have aborted. */
  stop?(): MaybePromise<void>;
}

/** A source of either contract. */
export type EventSource<T> = StreamSource<T> | ResumableSource<T, unknown>;

/** Which of the two contracts a source has. */
export function isResumable<T>(source: EventSource<T>): source is ResumableSource<T, unknown> {
  return 'guarantee' in source && source.guarantee === 'exactly_once';
}
