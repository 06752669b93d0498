/** How windows cut event time. How long to wait and when to emit belong to the operator: `WindowedOptions`.
 *  W1 Windows are aligned to the epoch and hold [startMs, endMs) (D5). */
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
export type Window = TumblingWindow | HoppingWindow;

/** `final`: one result when the window closes. `updates`: the changed results at each commit. */
export type Emit = 'final' | 'updates';

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

function requireWholeMs(window: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new TopologyError(
    `Cannot make a ${window} window: ${option} is ${String(value)}; it must be a whole number of milliseconds above 0.`,
  );
}
