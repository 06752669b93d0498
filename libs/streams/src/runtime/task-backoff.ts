/** Waiting before a task that failed is opened again: doubled each time until it commits. */
import type { Clock, Logger } from '../ports/runtime.ts';
import { backoffMs } from '../time/backoff.ts';

interface Streak {
  readonly count: number;
  readonly sinceMs: number;
}

export class TaskBackoff {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Failures in a row, by task. */
  readonly #streaks = new Map<string, Streak>();

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Says why, since when, and when again; then waits. The signal calls it off. */
  async wait(task: string, why: string, signal: AbortSignal): Promise<void> {
    const { count, sinceMs } = this.#streaks.get(task) ?? { count: 0, sinceMs: this.#clock.nowMs() };
    this.#streaks.set(task, { count: count + 1, sinceMs });
    const delayMs = backoffMs(task, count);
    const since = count === 0 ? '' : ` (try ${count + 1}, failing since ${new Date(sinceMs).toISOString()})`;
    this.#logger.log('warn', `${why} Again in ${(delayMs / 1_000).toFixed(1)} s${since}.`, { taskId: task });
    await this.#clock.delay(delayMs, signal);
  }

  succeeded(task: string): void {
    this.#streaks.delete(task);
  }
}
