/** The task's punctuations: by stream time when the watermark passes, by wall clock when the clock does. A missed one runs once. */
import type { Punctuation } from '../processor/operator.ts';

interface Scheduled {
  readonly punctuation: Punctuation;
  nextMs: number;
}
interface Due {
  readonly punctuation: Punctuation;
  readonly atMs: number;
}

export class Punctuators {
  readonly #scheduled = new Set<Scheduled>();
  readonly #restoredMs: number | null;
  /** All that the wall clock asked for by then were given out; null: none follows it. Committed with the offsets (D15). */
  punctuatedMs: number | null = null;

  /** @param restoredMs `punctuatedMs` of the last commit; null: there was none */
  constructor(restoredMs: number | null = null) {
    this.#restoredMs = restoredMs;
  }

  /** Gives what ends it. */
  schedule(punctuation: Punctuation, nowMs: number): () => void {
    const one: Scheduled = { punctuation, nextMs: this.#firstMs(punctuation, nowMs) };
    this.#scheduled.add(one);
    return () => void this.#scheduled.delete(one);
  }

  #firstMs({ time, everyMs, isNew = false }: Punctuation, nowMs: number): number {
    if (time === 'stream') return -Infinity;
    const sinceMs = isNew ? null : this.#restoredMs;
    this.punctuatedMs ??= sinceMs ?? nowMs;
    return sinceMs === null ? nowMs + everyMs : nextAfter(sinceMs, everyMs);
  }

  due(nowMs: number, watermarkMs: number): Due[] {
    const due: Due[] = [];
    if (this.punctuatedMs !== null) this.punctuatedMs = Math.max(this.punctuatedMs, nowMs);
    for (const one of this.#scheduled) {
      const atMs = one.punctuation.time === 'wallClock' ? nowMs : watermarkMs;
      if (atMs === -Infinity || atMs < one.nextMs) continue;
      const first = one.nextMs === -Infinity;
      one.nextMs = nextAfter(atMs, one.punctuation.everyMs);
      if (!first) due.push({ punctuation: one.punctuation, atMs });
    }
    return due;
  }

  async run(due: readonly Due[]): Promise<void> {
    for (const { punctuation, atMs } of due) await punctuation.punctuate(atMs);
  }
}

/** Aligned to multiples of the interval, so that a restart keeps the beat. */
function nextAfter(atMs: number, everyMs: number): number {
  return (Math.floor(atMs / everyMs) + 1) * everyMs;
}
