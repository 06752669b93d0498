import { TimeoutError } from '../../errors/streams.error.ts';
import type { Clock } from '../../ports/runtime.ts';

export interface CallOptions {
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Before the first retry; doubles with each. */
  readonly backoffMs: number;
}

/** Calls until an attempt succeeds or none is left. @throws what the last attempt failed with; TimeoutError if it took too long */
export async function callWithRetries<T>(
  call: (signal: AbortSignal) => Promise<T>,
  options: CallOptions,
  clock: Clock,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(call, options.timeoutMs, clock);
    } catch (error) {
      if (retry >= options.retries) throw error;
      await clock.delay(options.backoffMs * 2 ** retry);
    }
  }
}

/** One call. When its time is over, its signal aborts and its answer is no longer waited for. */
async function attempt<T>(
  call: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
): Promise<T> {
  const answered = new AbortController();
  const tooLate = new AbortController();
  const expiry = clock.delay(timeoutMs, answered.signal).then((): never | Promise<never> => {
    if (answered.signal.aborted) return new Promise(() => {}); // the race is over
    const error = new TimeoutError(`Cannot wait any longer: no answer within ${timeoutMs} ms.`);
    tooLate.abort(error);
    throw error;
  });
  try {
    return await Promise.race([call(tooLate.signal), expiry]);
  } finally {
    answered.abort();
  }
}
