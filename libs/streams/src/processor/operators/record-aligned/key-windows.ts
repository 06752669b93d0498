/** The open windows of one key, where records decide how windows lie: sessions, sliding windows. One state entry per key. */
import type { TimeSpan } from '../../../record/record.ts';

/** Both ends belong to the window (D5). */
export interface KeyWindow<A = unknown> extends TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
  aggregate: A;
  /** Highest event time that went in. */
  timestampMs: number;
  /** Since its result was last passed on. */
  changed: boolean;
  /** A result of it was passed on, or never will be. */
  emitted: boolean;
  /** With early results: its last one was passed on, or never will be. */
  closed: boolean;
}

export interface KeyWindows<A = unknown> {
  /** By start, ascending; no two have the same start and end. */
  windows: KeyWindow<A>[];
  /** Gone since the last emission, though a result of them was passed on: to be taken back (D8). */
  retracted: TimeSpan[];
  /** When the key's timer goes off; Infinity: it has none. */
  timerMs: number;
  /** With early results: when changes are passed on; Infinity: nothing changed. */
  giveAtMs: number;
}

export function noWindows<A>(): KeyWindows<A> {
  return { windows: [], retracted: [], timerMs: Infinity, giveAtMs: Infinity };
}

export function newWindow<A>(
  startMs: number,
  endMs: number,
  aggregate: A,
  timestampMs: number,
): KeyWindow<A> {
  return { startMs, endMs, aggregate, timestampMs, changed: true, emitted: false, closed: false };
}

/** Keeps the order by start. */
export function insertWindow<A>(into: KeyWindow<A>[], window: KeyWindow<A>): void {
  let at = into.length;
  while (at > 0 && into[at - 1]!.startMs > window.startMs) at--;
  into.splice(at, 0, window);
}
