/** State entries whose time has come, acted on in that order; those that are not in memory are read first, in one round trip. */
import type { StateSegment, StateStore } from '../../state/state-store.ts';

export interface DueEntry {
  readonly state: StateStore;
  readonly segment: StateSegment;
  readonly id: unknown;
  readonly key: unknown;
}

export class DueEntries<T extends DueEntry> {
  readonly #act: (due: T) => void;
  #waiting: T[] = [];

  constructor(act: (due: T) => void) {
    this.#act = act;
  }

  get held(): number {
    return this.#waiting.length;
  }

  add(due: T): void {
    if (this.held === 0 && due.state.isKnown(due.segment, due.id)) this.#act(due);
    else this.#waiting.push(due);
  }

  async drain(): Promise<void> {
    const stores = Map.groupBy(this.#waiting, ({ state }) => state);
    await Promise.all(Array.from(stores, ([state, due]) => state.load(missing(state, due))));
    while (this.#waiting.length > 0) this.#act(this.#waiting.shift()!);
  }
}

function missing(state: StateStore, due: readonly DueEntry[]): Map<StateSegment, Map<unknown, unknown>> {
  const unknown = due.filter(({ segment, id }) => !segment.dropped && !state.isKnown(segment, id));
  const segments = Map.groupBy(unknown, ({ segment }) => segment);
  return new Map(
    Array.from(segments, ([segment, entries]) => [segment, new Map(entries.map(({ id, key }) => [id, key]))]),
  );
}
