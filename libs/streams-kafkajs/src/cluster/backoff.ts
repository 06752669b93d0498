/** Waiting between tries. */

/** A growing delay: doubles from `firstMs` to `mostMs`, less up to a fifth at random so that many clients do not try in step. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #nextMs: number;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#nextMs = firstMs;
  }

  next(): number {
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * 2, this.#mostMs);
    return delay * (0.8 + Math.random() * 0.2);
  }
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

export const TOO_LATE: unique symbol = Symbol('too late');

/** What the promise gives, or TOO_LATE after `ms`; the promise goes on, unheard. */
export async function atMost<T>(ms: number, promise: Promise<T>): Promise<T | typeof TOO_LATE> {
  const inTime = new AbortController();
  const tooLate = delay(ms, inTime.signal).then((): typeof TOO_LATE => TOO_LATE);
  return Promise.race([promise, tooLate]).finally(() => inTime.abort());
}
