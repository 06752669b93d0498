/** What an operator is to the task that runs it.
 *  O1 A sub-topology is compiled once per task to a chain of closures, from the sinks backwards (`task/compile.ts`).
 *  O2 A closure is called with (key, value, timestampMs) and returns nothing: no promise, no record object per hop. Behind a table
 *     that was asked for it, it is called with the row before as well: null if there was none. Streams do not look at it.
 *  O3 Whoever must wait (a store read, a promise of the user) holds records back in a `Holder` and passes them on later, in order.
 *     A commit waits until nothing is held. */
import type { CapturedRecord, Headers, MaybePromise, RecordOrigin } from '../record/record.ts';
export type { CapturedRecord } from '../record/record.ts';
import type { GlobalRows } from '../state/global-rows.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Lane } from './operators/lane.ts';
import type { SinkPartition } from '../sink/sink.ts';
import type { Logger, Clock, Telemetry } from '../ports/runtime.ts';

export type Next<K = unknown, V = unknown> = (
  key: K,
  value: V,
  timestampMs: number,
  previous?: V | null,
) => void;

/** The input record that is being processed: valid until the operator returns; `capture` what must outlive that. */
export interface CurrentRecord extends RecordOrigin {
  /** Of key and value as they came; 0 for what is passed on without an input record. */
  readonly sizeBytes: number;
  headers(): Headers;
  capture(): CapturedRecord;
  /** Makes a captured record the current one again, while an operator passes on what it held back. */
  restore(record: CapturedRecord): void;
  /** Runs `action` with no input record, so that what it passes on inherits neither headers nor origin. */
  without(action: () => void): void;
}
/** An operator that keeps records back. */
export interface Holder {
  /** How many records are held now. */
  readonly held: number;
  /** So many held at the end of a turn: the task waits for `room` before the next. */
  readonly limit: number;
  /** Too much is held for another record: the turn ends here, however many records it might have had. @defaultValue false */
  readonly isFull?: boolean;
  /** Ends when nothing is held any more; everything was passed on. Rejects with what the user's function threw. */
  drain(): Promise<void>;
  /** Ends when something can be taken again (at least one held record was passed on). */
  room(): Promise<void>;
  /** The task is closed: what is held never leaves, `drain` and `room` need not end, nothing more may be begun. */
  abandon?(): void;
}

/** Told where the operator's time stands, once per chunk and in each commit. */
export type WatermarkListener = (watermarkMs: number) => void;

/** Event time as an operator may know it: see `task/stages.ts`. */
export interface TaskTime {
  /** Highest event time of the inputs minus their delay; -Infinity before the first record. Never goes back. */
  readonly watermarkMs: number;
}

export interface Punctuation {
  readonly everyMs: number;
  readonly time: 'stream' | 'wallClock';
  /** It was not there at the last commit: it fires first when the interval has passed from now on. @defaultValue false */
  readonly isNew?: boolean;
  readonly punctuate: (nowMs: number) => void | Promise<void>;
}

/** What an operator may use while it is built, once per task. */
export interface OperatorContext {
  readonly taskId: string;
  readonly applicationId: string;
  readonly partition: number;
  readonly record: CurrentRecord;
  readonly time: TaskTime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** A store that the operator's node declared. */
  store(name: string): StateStore;
  /** Keeps records in order while state is read, for all operators that share stores with this one. */
  readonly lane: Lane;
  /** Of a global table of the topology. */
  globalRows(name: string): GlobalRows;
  /** The partition of the sink that the operator's node declared, opened for this task. */
  openedSink(): SinkPartition<unknown, unknown>;
  hold(holder: Holder): void;
  onWatermark(listener: WatermarkListener): void;
  /** Operators behind this one see no later watermark than this: the time of the oldest it may still pass on. Infinity: none. */
  limitTime(ceilingMs: () => number): void;
  /** Called when a commit gathers what it must send: the place to emit coalesced updates. Synchronous. */
  beforeCommit(emit: () => void): void;
  /** Gives what ends it. */
  schedule(punctuation: Punctuation): () => void;
  /** The task commits as soon as it can, without waiting for the interval. */
  requestCommit(): void;
  /** Called when the task ends, for what the operator has to let go. */
  onClose(close: () => MaybePromise<void>): void;
  /** Name of the operator that runs now, for `ProcessingError`; set it before calling a user's function. */
  entered(operatorName: string): void;
  /** Sends the current input record to the dead letters, with the reason, and counts it. */
  deadLetter(reason: Error): void;
  /** A result that was passed on without an input record (a window that closed, an update at a commit) failed further down: the
   *  processing handler decides about `result`. Returns in any case; whether the task goes on, the task knows. */
  resultFailed(thrown: unknown, result: CapturedRecord): void;
  /** Counts a record that was dropped on purpose (late, null key, null value). */
  dropped(reason: 'late' | 'nullKey' | 'nullValue' | 'timestamp'): void;
}

/** Builds the closure of one node for one task. `next` passes on to the node's children, `sides[i]` to its side output i
 *  (the branches of a split, the late records of a window). */
export interface Operator {
  build(context: OperatorContext, next: Next, sides: readonly Next[]): Next;
}
