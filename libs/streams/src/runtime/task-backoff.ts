/** Waiting before a task that failed is opened again: doubled each time until it commits. */
import type { Clock, Logger } from '../ports/runtime.ts';

const FIRST_MS = 100;
/** So an operator reads every ten seconds, at the latest, what a task still waits for. */
const MOST_MS = 10_000;
/** Up to this part of a delay is left out, so that the tasks that one outage struck do not come back in step. */
const SPREAD = 0.25;

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

/** The spread is drawn from the task's name, not from chance, so that a simulation repeats. */
export function backoffMs(task: string, failures: number): number {
  let hash = failures + 1;
  for (const letter of task) hash = (hash * 31 + letter.charCodeAt(0)) % 1_009;
  return Math.round(Math.min(FIRST_MS * 2 ** failures, MOST_MS) * (1 - (SPREAD * hash) / 1_009));
}
