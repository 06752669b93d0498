/** What every view of a store does to single entries: read what may not be in memory, write without reading. */
import type { MaybePromise } from '../../../record/record.ts';
import type { StateEntry, StateSegment, StateStore } from '../../../state/state-store.ts';

export class EntryAccess {
  readonly state: StateStore;
  readonly #timeMs: () => number;

  /** @param timeMs event time of what is processed now */
  constructor(state: StateStore, timeMs: () => number) {
    this.state = state;
    this.#timeMs = timeMs;
  }

  /** A promise only for what is not in memory. */
  read(segment: StateSegment, key: unknown): MaybePromise<StateEntry | undefined> {
    const { state } = this;
    const id = state.identify(key);
    if (state.isKnown(segment, id)) return segment.entries.get(id);
    return state.load(new Map([[segment, new Map([[id, key]])]])).then(() => segment.entries.get(id));
  }

  /** In one round trip for each segment. */
  async readMany(segment: StateSegment, keys: readonly unknown[]): Promise<(StateEntry | undefined)[]> {
    const { state } = this;
    const wanted = new Map(keys.map((key) => [state.identify(key), key]));
    const unknown = new Map([...wanted].filter(([id]) => !state.isKnown(segment, id)));
    if (unknown.size > 0) await state.load(new Map([[segment, unknown]]));
    return keys.map((key) => segment.entries.get(state.identify(key)));
  }

  write(segment: StateSegment, key: unknown, value: unknown): void {
    const entry = this.#entry(segment, key, value);
    entry.value = value;
    entry.timestampMs = Math.max(entry.timestampMs, this.#timeMs());
    this.state.touch(entry);
  }

  remove(segment: StateSegment, key: unknown): void {
    const id = this.state.identify(key);
    if (this.state.isKnown(segment, id) && !segment.entries.has(id)) return;
    this.state.remove(this.#entry(segment, key, null));
  }

  #entry(segment: StateSegment, key: unknown, value: unknown): StateEntry {
    const id = this.state.identify(key);
    return segment.entries.get(id) ?? this.state.overwrite(segment, id, key, value);
  }
}

/** Goes on at once where there is nothing to wait for. */
export function after<A, B>(value: MaybePromise<A>, then: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return value instanceof Promise ? value.then(then) : then(value);
}
