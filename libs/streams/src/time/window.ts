/** How windows cut event time. How long to wait and when to emit belong to the operator: `WindowedOptions`.
 *  W1 Tumbling and hopping windows are aligned to the epoch and hold [startMs, endMs); sliding windows and sessions hold
 *     [startMs, endMs], both ends included (D5). */
import { TopologyError } from '../errors/streams.error.ts';

export interface TumblingWindow {
  readonly kind: 'tumbling';
  readonly sizeMs: number;
}
export interface HoppingWindow {
  readonly kind: 'hopping';
  readonly sizeMs: number;
  readonly advanceMs: number;
}
/** A window for every set of records that lie within `differenceMs` of each other; both ends belong to it (Kafka's SlidingWindows). */
export interface SlidingWindow {
  readonly kind: 'sliding';
  readonly differenceMs: number;
}
/** A window for records that follow each other within `gapMs`; both ends belong to it. */
export interface SessionWindow {
  readonly kind: 'session';
  readonly gapMs: number;
}
/** One window that never ends: it is no `Window` that closes, so it has no grace and no final result (Kafka's UnlimitedWindows). */
export interface UnlimitedWindow {
  readonly kind: 'unlimited';
  readonly startMs: number;
}
/** Windows that lie where the clock says. */
export type AlignedWindow = TumblingWindow | HoppingWindow;
/** Windows that lie where records say. */
export type RecordAlignedWindow = SlidingWindow | SessionWindow;
export type Window = AlignedWindow | RecordAlignedWindow;

/** What is known of a window while it is open, now and then, and its last result when it closes (Flink: ContinuousEventTimeTrigger;
 *  Beam: early firings).
 *
 *  By stream time: when the watermark reaches a multiple of `everyMs`, the windows that are open and changed since the last one are
 *  given. So results follow from the input alone: a replay gives the same ones, a crash neither repeats nor skips any, and a backlog
 *  that is caught up with is given as finely as it would have been live. Where no records come, time stands, and what changed last
 *  waits with it, as the close does; `whenIdle: 'advance'` of a source lets both go on. What should follow the clock instead is
 *  `updates`, with `commitIntervalMs`: there the commit is the tick. (Kafka Streams' `emit.interval.ms` is by the clock as well.)
 *
 *  The last result is given when the window closes, exactly once, also where it is the one that was given before: so where time
 *  passes a multiple and the close behind it at once, both results are given. */
export interface EmitEvery {
  /** Whole milliseconds above 0. */
  readonly everyMs: number;
}

/** `final`: one result when the window closes. `updates`: the changed results at each commit. `{ everyMs }`: those that changed, at
 *  most so often while the window is open, and one when it closes. */
export type Emit = 'final' | 'updates' | EmitEvery;

/** Windows of one size, one behind the other. @throws TopologyError for a size that is no whole number of milliseconds above 0 */
export function tumbling(options: { readonly sizeMs: number }): TumblingWindow {
  requireWholeMs('tumbling', 'sizeMs', options.sizeMs);
  return { kind: 'tumbling', sizeMs: options.sizeMs };
}

/** Windows of one size that begin every `advanceMs`: a record lies in several. The tutorial's SlidingWindow(duration, slide).
 *  @throws TopologyError unless 0 < advanceMs <= sizeMs, both whole milliseconds */
export function hopping(options: { readonly sizeMs: number; readonly advanceMs: number }): HoppingWindow {
  const { sizeMs, advanceMs } = options;
  requireWholeMs('hopping', 'sizeMs', sizeMs);
  requireWholeMs('hopping', 'advanceMs', advanceMs);
  if (advanceMs > sizeMs) {
    throw new TopologyError(
      `Cannot make a hopping window: advanceMs ${advanceMs} is greater than sizeMs ${sizeMs}, records between two windows would be lost.`,
    );
  }
  return { kind: 'hopping', sizeMs, advanceMs };
}

/** Windows that begin and end at records, without a fixed slide: for each record one that ends at it, and one that begins behind it
 *  when other records follow within `differenceMs`. The cost of a record grows with those within `differenceMs` of it, per key.
 *  @throws TopologyError for a difference that is no whole number of milliseconds above 0 */
export function sliding(options: { readonly differenceMs: number }): SlidingWindow {
  requireWholeMs('sliding', 'differenceMs', options.differenceMs);
  return { kind: 'sliding', differenceMs: options.differenceMs };
}

/** A window per burst of activity of a key: it grows while records come within `gapMs` of it, and two become one when a record
 *  lies within the gap of both. @throws TopologyError for a gap that is no whole number of milliseconds above 0 */
export function session(options: { readonly gapMs: number }): SessionWindow {
  requireWholeMs('session', 'gapMs', options.gapMs);
  return { kind: 'session', gapMs: options.gapMs };
}

/** Where an unlimited window says that it ends: the largest number that is exact. */
export const UNLIMITED_END_MS = Number.MAX_SAFE_INTEGER;

/** One window from `startMs` on, for ever; records before it are in none. Its aggregate is kept for ever too, for each key.
 *  @throws TopologyError for a start that is no whole number of milliseconds from 0 on */
export function unlimited(options: { readonly startMs?: number } = {}): UnlimitedWindow {
  const { startMs = 0 } = options;
  if (Number.isSafeInteger(startMs) && startMs >= 0) return { kind: 'unlimited', startMs };
  throw new TopologyError(
    `Cannot make an unlimited window: startMs is ${String(startMs)}; it must be a whole number of milliseconds, 0 or more.`,
  );
}

function requireWholeMs(window: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new TopologyError(
    `Cannot make a ${window} window: ${option} is ${String(value)}; it must be a whole number of milliseconds above 0.`,
  );
}
