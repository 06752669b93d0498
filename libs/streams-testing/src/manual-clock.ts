import type { Clock } from '@hiveframe/streams';

interface Sleeper {
  readonly wakeMs: number;
  /** Nothing but time wakes it: a pause, not the deadline of something else. */
  readonly isPause: boolean;
  wake(): void;
}

/** A clock that moves only when told to. A fake service that waits by it (`await driver.clock.delay(200)`) takes no real time. */
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
        isPause: signal === undefined,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => sleeper.wake(), { once: true });
    });
  }

  /** Whether something only goes on when time does: a retry that backs off, a fake that waits. */
  get isWaitedFor(): boolean {
    for (const { isPause } of this.#sleepers) if (isPause) return true;
    return false;
  }

  /** When the next one wakes up, epoch ms; Infinity: nobody waits. */
  get nextWakeMs(): number {
    return Math.min(...Array.from(this.#sleepers, ({ wakeMs }) => wakeMs));
  }

  /** Moves the time and wakes whoever waited for it, in order. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#sleepers].filter(({ wakeMs }) => wakeMs <= this.#nowMs);
    for (const sleeper of due.sort((a, b) => a.wakeMs - b.wakeMs)) sleeper.wake();
  }
}
