/** A window store as a processor sees it, over the task's state. */
import type { KeyValue, MaybePromise, TimeSpan, Windowed } from '../../../record/record.ts';
import type { StateSegment, StateStore } from '../../../state/state-store.ts';
import type { WindowStore } from '../../../topology/store-definition.ts';

export class WindowView implements WindowStore<unknown, unknown> {
  readonly #state: StateStore;
  readonly #timeMs: () => number;
  readonly #windowMs: number;
  readonly #retentionMs: number;
  /** Windows that start before this are gone. */
  #goneBeforeMs = -Infinity;

  /** @param timeMs event time of what is processed now */
  constructor(state: StateStore, timeMs: () => number) {
    const { windowSizeMs, retentionMs } = state.declaration;
    this.#state = state;
    this.#timeMs = timeMs;
    this.#windowMs = windowSizeMs!;
    this.#retentionMs = retentionMs!;
  }

  /** Forgets what the watermark has passed by the retention. */
  advance(watermarkMs: number): void {
    const goneBeforeMs = watermarkMs - this.#retentionMs;
    if (!(goneBeforeMs > this.#goneBeforeMs)) return;
    this.#goneBeforeMs = goneBeforeMs;
    for (const segment of this.#state.segments.values())
      if ((segment.id as number) < goneBeforeMs) this.#state.drop(segment);
  }

  put(key: unknown, windowStartMs: number, value: unknown): void {
    if (windowStartMs < this.#goneBeforeMs) return;
    if (value === null || value === undefined) return this.#delete(key, windowStartMs);
    const segment = this.#state.segment(windowStartMs);
    const id = this.#state.identify(key);
    const entry = segment.entries.get(id) ?? this.#state.overwrite(segment, id, key, value);
    entry.value = value;
    entry.timestampMs = Math.max(entry.timestampMs, this.#timeMs());
    this.#state.touch(entry);
  }

  #delete(key: unknown, windowStartMs: number): void {
    const segment = this.#state.segments.get(windowStartMs);
    if (segment === undefined) return;
    const id = this.#state.identify(key);
    if (this.#state.isKnown(segment, id) && !segment.entries.has(id)) return;
    this.#state.remove(segment.entries.get(id) ?? this.#state.overwrite(segment, id, key, null));
  }

  fetch(key: unknown, windowStartMs: number): MaybePromise<unknown> {
    const segment = this.#state.segments.get(windowStartMs);
    if (segment === undefined) return undefined;
    const id = this.#state.identify(key);
    if (this.#state.isKnown(segment, id)) return segment.entries.get(id)?.value;
    return this.#state
      .load(new Map([[segment, new Map([[id, key]])]]))
      .then(() => segment.entries.get(id)?.value);
  }

  async *fetchRange(key: unknown, span: TimeSpan): AsyncIterable<KeyValue<Windowed<unknown>, unknown>> {
    for (const { id } of this.#within(span)) {
      const value = await this.fetch(key, id as number);
      if (value !== undefined) yield { key: this.#windowed(key, id as number), value };
    }
  }

  async *fetchAll(span: TimeSpan): AsyncIterable<KeyValue<Windowed<unknown>, unknown>> {
    for (const segment of this.#within(span)) {
      for await (const { key, value } of this.#state.scan(segment))
        yield { key: this.#windowed(key, segment.id as number), value };
    }
  }

  #within({ startMs, endMs }: TimeSpan): StateSegment[] {
    return [...this.#state.segments.values()]
      .filter(({ id }) => (id as number) >= startMs && (id as number) <= endMs)
      .sort((a, b) => (a.id as number) - (b.id as number));
  }

  #windowed(key: unknown, startMs: number): Windowed<unknown> {
    return { key, window: { startMs, endMs: startMs + this.#windowMs } };
  }
}
