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
  readonly #scheduled: Scheduled[] = [];

  schedule(punctuation: Punctuation, nowMs: number): void {
    this.#scheduled.push({
      punctuation,
      nextMs: punctuation.time === 'wallClock' ? nowMs + punctuation.everyMs : -Infinity,
    });
  }

  due(nowMs: number, watermarkMs: number): Due[] {
    const due: Due[] = [];
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
