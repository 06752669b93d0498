import type { StateStore } from '../../../state/state-store.ts';

/** Lets segments go by stream time, never by the clock (D14). */
export class Retention {
  readonly #state: StateStore;
  readonly #retentionMs: number;
  /** Segments that start before this are gone. */
  #goneBeforeMs = -Infinity;

  /** @param retentionMs from the start of a segment */
  constructor(state: StateStore, retentionMs: number) {
    this.#state = state;
    this.#retentionMs = retentionMs;
  }

  advance(watermarkMs: number): void {
    const goneBeforeMs = watermarkMs - this.#retentionMs;
    if (!(goneBeforeMs > this.#goneBeforeMs)) return;
    this.#goneBeforeMs = goneBeforeMs;
    for (const segment of this.#state.segments.values()) {
      if (this.isGone(segment.id as number)) this.#state.drop(segment);
    }
  }

  isGone(startMs: number): boolean {
    return startMs < this.#goneBeforeMs;
  }
}
