/** A window store as a processor sees it, over the task's state. */
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../../../record/record.ts';
import type { StateSegment } from '../../../state/state-store.ts';
import type { WindowStore } from '../../../topology/stores/window-store.ts';
import { after, type EntryAccess } from './entry-access.ts';
import { Retention } from './retention.ts';

export class WindowView implements WindowStore<unknown, unknown> {
  readonly #entries: EntryAccess;
  readonly #windowMs: number;
  readonly #retention: Retention;

  constructor(entries: EntryAccess) {
    const { windowSizeMs, retentionMs } = entries.state.declaration;
    this.#entries = entries;
    this.#windowMs = windowSizeMs!;
    this.#retention = new Retention(entries.state, retentionMs!);
  }

  advance(watermarkMs: number): void {
    this.#retention.advance(watermarkMs);
  }

  put(key: unknown, windowStartMs: number, value: unknown): void {
    if (this.#retention.isGone(windowStartMs)) return;
    if (value === null || value === undefined) return this.#delete(key, windowStartMs);
    this.#entries.write(this.#entries.state.segment(windowStartMs), key, value);
  }

  #delete(key: unknown, windowStartMs: number): void {
    const segment = this.#segment(windowStartMs);
    if (segment !== undefined) this.#entries.remove(segment, key);
  }

  fetch(key: unknown, windowStartMs: number): MaybePromise<unknown> {
    const segment = this.#segment(windowStartMs);
    if (segment === undefined) return undefined;
    return after(this.#entries.read(segment, key), (entry) => entry?.value);
  }

  #segment(windowStartMs: number): StateSegment | undefined {
    return this.#entries.state.segments.get(windowStartMs);
  }

  async *fetchRange(key: unknown, span: TimeSpan): AsyncIterable<KeyValue<Windowed<unknown>, unknown>> {
    for (const { id } of this.#within(span)) {
      const value = await this.fetch(key, id as number);
      if (value !== undefined) yield { key: this.#windowed(key, id as number), value };
    }
  }

  async *fetchAll(span: TimeSpan): AsyncIterable<KeyValue<Windowed<unknown>, unknown>> {
    for (const segment of this.#within(span)) {
      for await (const { key, value } of this.#entries.state.scan(segment))
        yield { key: this.#windowed(key, segment.id as number), value };
    }
  }

  #within({ startMs, endMs }: TimeSpan): StateSegment[] {
    return [...this.#entries.state.segments.values()]
      .filter(({ id }) => (id as number) >= startMs && (id as number) <= endMs)
      .sort((a, b) => (a.id as number) - (b.id as number));
  }

  #windowed(key: unknown, startMs: number): Windowed<unknown> {
    return { key, window: { startMs, endMs: startMs + this.#windowMs } };
  }
}
