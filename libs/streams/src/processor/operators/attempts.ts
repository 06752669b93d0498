/** Calls of a user's function, each within its time, again when it failed.
 *  A1 An answer that is there at once is settled at once: no promise, no timer.
 *  A2 All attempts of one operator may take equally long, so they expire in the order they began: one timer does for all. */
import { TimeoutError } from '../../errors/streams.error.ts';
import type { Clock } from '../../ports/runtime.ts';

export type Outcome =
  | { readonly failed: false; readonly value: unknown }
  | { readonly failed: true; readonly error: unknown; readonly attempts: number };

export interface AttemptOptions {
  /** Of one attempt; then its signal aborts, and its answer is no longer waited for. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Before the first retry; doubles with each. */
  readonly backoffMs: number;
  /** Since the first attempt of a call began; then no other begins. */
  readonly retryBudgetMs: number;
  readonly retryWhen: (error: unknown) => boolean;
}

export interface Call {
  readonly run: (signal: AbortSignal) => unknown;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

interface Tries {
  /** Attempts before this one. */
  readonly retry: number;
  readonly beganMs: number;
}
/** An attempt whose answer is waited for. */
interface Attempt {
  readonly call: Call;
  readonly tries: Tries;
  readonly aborter: AbortController;
  readonly expiresMs: number;
  isOver: boolean;
}

export class Attempts {
  readonly #options: AttemptOptions;
  readonly #clock: Clock;
  /** In the order they expire; those that are over leave when they come to the front. */
  readonly #underWay: Attempt[] = [];
  #timer: AbortController | null = null;
  #isAbandoned = false;

  constructor(options: AttemptOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  begin(call: Call): void {
    this.#attempt(call, { retry: 0, beganMs: this.#clock.nowMs() });
  }

  #attempt(call: Call, tries: Tries): void {
    if (this.#isAbandoned) return;
    const aborter = new AbortController();
    let answer: unknown;
    try {
      answer = call.run(aborter.signal);
    } catch (error) {
      return this.#failed(call, tries, error);
    }
    if (!isPromise(answer)) return call.settle({ failed: false, value: answer });
    const expiresMs = this.#clock.nowMs() + this.#options.timeoutMs;
    const attempt: Attempt = { call, tries, aborter, expiresMs, isOver: false };
    this.#underWay.push(attempt);
    if (this.#timer === null) this.#watch();
    answer.then(
      (value) => {
        if (over(attempt)) call.settle({ failed: false, value });
      },
      (error: unknown) => {
        if (over(attempt)) this.#failed(call, tries, error);
      },
    );
  }

  /** Tells the functions that their answers are not wanted any more, and begins nothing more. */
  abandon(): void {
    this.#isAbandoned = true;
    const reason = new DOMException('The task was closed.', 'AbortError');
    for (const attempt of this.#underWay) if (over(attempt)) attempt.aborter.abort(reason);
    this.rest();
  }

  /** Lets go of the timer; nothing is under way. */
  rest(): void {
    this.#timer?.abort();
    this.#timer = null;
    this.#underWay.length = 0;
  }

  #failed(call: Call, { retry, beganMs }: Tries, error: unknown): void {
    const waitMs = this.#options.backoffMs * 2 ** retry;
    if (!this.#mayRetry(retry, this.#clock.nowMs() + waitMs - beganMs, error))
      return call.settle({ failed: true, error, attempts: retry + 1 });
    void this.#clock.delay(waitMs).then(() => this.#attempt(call, { retry: retry + 1, beganMs }));
  }

  #mayRetry(retry: number, afterMs: number, error: unknown): boolean {
    const { retries, retryBudgetMs, retryWhen } = this.#options;
    return retry < retries && afterMs < retryBudgetMs && retryWhen(error);
  }

  #watch(): void {
    const timer = new AbortController();
    this.#timer = timer;
    void this.#expireUntil(timer.signal);
  }

  async #expireUntil(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const nowMs = this.#clock.nowMs();
      for (let first = this.#first(); first !== null && first.expiresMs <= nowMs; first = this.#first())
        this.#expire(first);
      const first = this.#first();
      if (first === null) return this.rest();
      await this.#clock.delay(first.expiresMs - nowMs, stopped);
    }
  }

  #first(): Attempt | null {
    const past = this.#underWay.findIndex(({ isOver }) => !isOver);
    this.#underWay.splice(0, past < 0 ? this.#underWay.length : past);
    return this.#underWay[0] ?? null;
  }

  #expire(attempt: Attempt): void {
    over(attempt);
    const { timeoutMs } = this.#options;
    const error = new TimeoutError(`Cannot wait any longer: no answer within ${timeoutMs} ms.`);
    attempt.aborter.abort(error);
    this.#failed(attempt.call, attempt.tries, error);
  }
}

/** True for the first who says so. */
function over(attempt: Attempt): boolean {
  if (attempt.isOver) return false;
  return (attempt.isOver = true);
}

function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
