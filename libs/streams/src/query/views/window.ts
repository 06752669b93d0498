import type { KeyValue, TimeSpan, Windowed } from '../../record/record.ts';
import type { ReadOnlyWindowStore } from '../../topology/store-ref.ts';
import type { CommittedEntries, CommittedEntry } from '../committed-entries.ts';

/** Of tumbling and hopping windows, and of processors: an entry for each key and window start. */
export class CommittedWindowStore implements ReadOnlyWindowStore<unknown, unknown> {
  readonly #entries: CommittedEntries;
  readonly #sizeMs: number;

  constructor(entries: CommittedEntries) {
    this.#entries = entries;
    this.#sizeMs = entries.partitions.declaration.windowSizeMs ?? 0;
  }

  async fetch(key: unknown, windowStartMs: number): Promise<unknown> {
    const entry = await this.#entries.find(windowStartMs, key);
    return entry && this.shown(entry, windowStartMs).value;
  }

  async *fetchRange(key: unknown, span: TimeSpan): AsyncGenerator<KeyValue<Windowed<unknown>, unknown>> {
    for await (const [startMs, entry] of this.#entries.findInSegments(key, span))
      yield this.shown(entry, startMs);
  }

  async *fetchAll({ startMs, endMs }: TimeSpan): AsyncGenerator<KeyValue<Windowed<unknown>, unknown>> {
    for (const start of await this.#entries.segments()) {
      if (start < startMs || start > endMs) continue;
      for await (const entry of this.#entries.scan(start)) yield this.shown(entry, start);
    }
  }

  shown(entry: CommittedEntry, startMs: number): KeyValue<Windowed<unknown>, unknown> {
    const window = { startMs, endMs: startMs + this.#sizeMs };
    return { key: { key: entry.key, window }, value: this.#entries.shown(entry, window) };
  }
}
