/** Names for groupings that the front's user need not name: made of what they are, never of where they stand (D47), so that
 *  an operator added in front of them resets no state. */
import type { Window } from '../time/window.ts';

export type GroupBy = string | readonly string[] | ((...args: never[]) => unknown);

/** What is illegal in a topic's name, as the name becomes part of one. */
const ILLEGAL = /[^a-zA-Z0-9._-]+/g;

/** `sensor_id-tumbling-30s`; a second grouping of the same columns and window is `…-2`, in the order written. */
export class GroupNames {
  readonly #given = new Map<string, number>();

  nameOf(by: GroupBy, window: Window | null): string {
    const parts = window === null ? [columns(by)] : [columns(by), describeWindow(window)];
    return this.#unique(parts.join('-'));
  }

  #unique(name: string): string {
    const times = (this.#given.get(name) ?? 0) + 1;
    this.#given.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  }
}

function columns(by: GroupBy): string {
  if (typeof by === 'function') return 'key';
  const names = typeof by === 'string' ? by : by.join('-');
  return names.replaceAll(ILLEGAL, '_');
}

function describeWindow(window: Window): string {
  switch (window.kind) {
    case 'tumbling':
      return `tumbling-${duration(window.sizeMs)}`;
    case 'hopping':
      return `hopping-${duration(window.sizeMs)}-${duration(window.advanceMs)}`;
    case 'sliding':
      return `sliding-${duration(window.differenceMs)}`;
    case 'session':
      return `session-${duration(window.gapMs)}`;
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that divides it. */
function duration(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, length]) => ms % length === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}
