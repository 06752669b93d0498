import type { Clock } from '@hiveframe/streams';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Time that moves only by `advance`. */
export class HandClock implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }
  get numTimers(): number {
    return this.#timers.length;
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: Timer = { atMs: this.#nowMs + ms, fire: resolve };
    this.#timers.push(timer);
    signal?.addEventListener('abort', () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
      resolve();
    });
    return promise;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { fire } of due.toSorted((a, b) => a.atMs - b.atMs)) fire();
  }
}
