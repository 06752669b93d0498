import type { Logger } from '@hiveframe/streams';

const REMIND_EVERY_MS = 10_000;

export interface WaitingOptions {
  /** What is waited for, after "Still waiting for". */
  readonly what: string;
  /** Nothing is said of a shorter wait. @defaultValue `remindEveryMs` */
  readonly firstAfterMs?: number;
  /** @defaultValue 10 s */
  readonly remindEveryMs?: number;
}

/** Says now and then that something is still waited for, since when, and why it does not come: however often it is tried. */
export class Waiting {
  readonly #logger: Logger;
  readonly #options: WaitingOptions;
  #sinceMs: number | null = null;
  #nextMs = 0;

  constructor(logger: Logger, options: WaitingOptions) {
    this.#logger = logger;
    this.#options = options;
  }

  /** After each try that failed. */
  failed(why: string): void {
    const { what, remindEveryMs = REMIND_EVERY_MS, firstAfterMs = remindEveryMs } = this.#options;
    const nowMs = Date.now();
    if (this.#sinceMs === null) {
      this.#sinceMs = nowMs;
      this.#nextMs = nowMs + firstAfterMs;
    }
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + remindEveryMs;
    const waitedMs = nowMs - this.#sinceMs;
    const since = new Date(nowMs - waitedMs).toISOString();
    this.#logger.log(
      'warn',
      `Still waiting for ${what}, since ${since} (${Math.round(waitedMs / 1_000)} s): ${why}; trying again.`,
    );
  }

  over(): void {
    this.#sinceMs = null;
  }
}
