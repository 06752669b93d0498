import type { Clock } from '@hiveframe/streams';

interface Sleeper {
  readonly wakeMs: number;
  wake(): void;
}

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param nowMs @defaultValue 0 */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        wakeMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => sleeper.wake(), { once: true });
    });
  }

  /** Moves the time and wakes whoever waited for it, in order. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#sleepers].filter(({ wakeMs }) => wakeMs <= this.#nowMs);
    for (const sleeper of due.sort((a, b) => a.wakeMs - b.wakeMs)) sleeper.wake();
  }
}
