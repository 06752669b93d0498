/** A key-value store as a processor sees it, over the task's state. */
import type { KeyValue, MaybePromise } from '../../../record/record.ts';
import type { StateEntry, StateStore } from '../../../state/state-store.ts';
import type { KeyValueStore } from '../../../topology/store-definition.ts';

export class KeyValueView implements KeyValueStore<unknown, unknown> {
  readonly #state: StateStore;
  readonly #timeMs: () => number;

  /** @param timeMs event time of what is processed now */
  constructor(state: StateStore, timeMs: () => number) {
    this.#state = state;
    this.#timeMs = timeMs;
  }

  get(key: unknown): MaybePromise<unknown> {
    const state = this.#state;
    const segment = state.segment(null);
    const id = state.identify(key);
    if (state.isKnown(segment, id)) return segment.entries.get(id)?.value;
    return state.load(new Map([[segment, new Map([[id, key]])]])).then(() => segment.entries.get(id)?.value);
  }

  async getMany(keys: readonly unknown[]): Promise<ReadonlyMap<unknown, unknown>> {
    const state = this.#state;
    const segment = state.segment(null);
    const wanted = new Map(keys.map((key) => [state.identify(key), key]));
    const unknown = new Map([...wanted].filter(([id]) => !state.isKnown(segment, id)));
    if (unknown.size > 0) await state.load(new Map([[segment, unknown]]));
    const found = [...wanted].filter(([id]) => segment.entries.has(id));
    return new Map(found.map(([id, key]) => [key, segment.entries.get(id)!.value]));
  }

  put(key: unknown, value: unknown): void {
    if (value === null || value === undefined) return this.delete(key);
    const entry = this.#entry(key, value);
    entry.value = value;
    entry.timestampMs = Math.max(entry.timestampMs, this.#timeMs());
    this.#state.touch(entry);
  }

  delete(key: unknown): void {
    const segment = this.#state.segment(null);
    const id = this.#state.identify(key);
    if (this.#state.isKnown(segment, id) && !segment.entries.has(id)) return;
    this.#state.remove(this.#entry(key, null));
  }

  #entry(key: unknown, value: unknown): StateEntry {
    const segment = this.#state.segment(null);
    const id = this.#state.identify(key);
    return segment.entries.get(id) ?? this.#state.overwrite(segment, id, key, value);
  }

  async *all(): AsyncIterable<KeyValue<unknown, unknown>> {
    for await (const { key, value } of this.#state.scan(this.#state.segment(null))) yield { key, value };
  }
}
