/** A key-value store as a processor sees it, over the task's state. */
import type { KeyValue, MaybePromise } from '../../../record/record.ts';
import type { Serde } from '../../../serde/serde.ts';
import type { StateEntry, StateSegment } from '../../../state/state-store.ts';
import type { KeyRange } from '../../../topology/store-ref.ts';
import type { KeyValueStore, ValueAndTimestamp } from '../../../topology/stores/key-value-store.ts';
import { after, type EntryAccess } from './entry-access.ts';
import { Turns, type WaitFor } from './turns.ts';

export class KeyValueView implements KeyValueStore<unknown, unknown> {
  readonly #entries: EntryAccess;

  readonly #turns: Turns;

  constructor(entries: EntryAccess, waitFor: WaitFor) {
    this.#entries = entries;
    this.#turns = new Turns(entries.state, waitFor);
  }

  get #segment(): StateSegment {
    return this.#entries.state.segment(null);
  }

  get(key: unknown): MaybePromise<unknown> {
    return after(this.#entries.read(this.#segment, key), (entry) => entry?.value);
  }

  getWithTimestamp(key: unknown): MaybePromise<ValueAndTimestamp<unknown> | undefined> {
    return after(this.#entries.read(this.#segment, key), (entry) =>
      entry === undefined ? undefined : { value: entry.value, timestampMs: entry.timestampMs },
    );
  }

  async getMany(keys: readonly unknown[]): Promise<ReadonlyMap<unknown, unknown>> {
    const found = await this.#entries.readMany(this.#segment, keys);
    return new Map(found.flatMap((entry, at) => (entry === undefined ? [] : [[keys[at], entry.value]])));
  }

  put(key: unknown, value: unknown): void {
    if (value === null || value === undefined) this.delete(key);
    else this.#entries.write(this.#segment, key, value);
  }

  putIfAbsent(key: unknown, value: unknown): MaybePromise<unknown> {
    return this.#turns.take(this.#entries.state.identify(key), () =>
      after(this.get(key), (before) => {
        if (before === undefined) this.put(key, value);
        return before;
      }),
    );
  }

  putAll(entries: Iterable<KeyValue<unknown, unknown>>): void {
    for (const { key, value } of entries) this.put(key, value);
  }

  delete(key: unknown): void {
    this.#entries.remove(this.#segment, key);
  }

  async *all(): AsyncIterable<KeyValue<unknown, unknown>> {
    for await (const { key, value } of this.#entries.state.scan(this.#segment)) yield { key, value };
  }

  range({ from, to }: KeyRange<unknown> = {}): AsyncIterable<KeyValue<unknown, unknown>> {
    const { state } = this.#entries;
    const first = from === undefined ? null : state.encodeKey(from);
    const last = to === undefined ? null : state.encodeKey(to);
    return this.#sorted(
      (key) =>
        (first === null || Buffer.compare(key, first) >= 0) &&
        (last === null || Buffer.compare(key, last) <= 0),
    );
  }

  prefixScan<P>(prefix: P, serde: Serde<P>): AsyncIterable<KeyValue<unknown, unknown>> {
    const start = serde.serialize(prefix, {
      topic: this.#entries.state.name,
      part: 'key',
      headers: () => [],
    });
    return this.#sorted((key) => Buffer.compare(key.subarray(0, start.length), start) === 0);
  }

  async *#sorted(isWanted: (key: Uint8Array) => boolean): AsyncIterable<KeyValue<unknown, unknown>> {
    const { state } = this.#entries;
    const found: { readonly bytes: Uint8Array; readonly entry: StateEntry }[] = [];
    for await (const entry of state.scan(this.#segment)) {
      const bytes = state.encodeKey(entry.key);
      if (isWanted(bytes)) found.push({ bytes, entry });
    }
    found.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    for (const { entry } of found) yield { key: entry.key, value: entry.value };
  }
}
