/** Calls of a user's function, each within its time, again when it failed.
 *  A1 An answer that is there at once is settled at once: no promise, no timer.
 *  A2 All attempts of one operator may take equally long, so they expire in the order they began: one timer does for all. */
import { TimeoutError } from '../../errors/streams.error.ts';
import type { Clock } from '../../ports/runtime.ts';

export type Outcome =
  { readonly failed: false; readonly value: unknown } | { readonly failed: true; readonly error: unknown };

export interface AttemptOptions {
  /** Of one attempt; then its signal aborts, and its answer is no longer waited for. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Before the first retry; doubles with each. */
  readonly backoffMs: number;
}

export interface Call {
  readonly run: (signal: AbortSignal) => unknown;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

/** An attempt whose answer is waited for. */
interface Attempt {
  readonly call: Call;
  readonly retry: number;
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

  begin(call: Call, retry = 0): void {
    if (this.#isAbandoned) return;
    const aborter = new AbortController();
    let answer: unknown;
    try {
      answer = call.run(aborter.signal);
    } catch (error) {
      return this.#failed(call, retry, error);
    }
    if (!isPromise(answer)) return call.settle({ failed: false, value: answer });
    const expiresMs = this.#clock.nowMs() + this.#options.timeoutMs;
    const attempt: Attempt = { call, retry, aborter, expiresMs, isOver: false };
    this.#underWay.push(attempt);
    if (this.#timer === null) this.#watch();
    answer.then(
      (value) => {
        if (over(attempt)) call.settle({ failed: false, value });
      },
      (error: unknown) => {
        if (over(attempt)) this.#failed(call, retry, error);
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

  #failed(call: Call, retry: number, error: unknown): void {
    const { retries, backoffMs } = this.#options;
    if (retry >= retries) return call.settle({ failed: true, error });
    void this.#clock.delay(backoffMs * 2 ** retry).then(() => this.begin(call, retry + 1));
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
    this.#failed(attempt.call, attempt.retry, error);
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
