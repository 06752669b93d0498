import type { Clock } from '@hiveframe/streams';

const MAX_DELAY_MS = 30_000;

/** Growing waits between attempts: doubled each time up to half a minute, back to the first after a success. */
export class Backoff {
  readonly #firstMs: number;
  readonly #clock: Clock;
  #nextMs: number;

  constructor(firstMs: number, clock: Clock) {
    this.#firstMs = this.#nextMs = firstMs;
    this.#clock = clock;
  }

  /** How long the next wait is. */
  get nextMs(): number {
    return this.#nextMs;
  }
  async wait(signal: AbortSignal): Promise<void> {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(waitMs * 2, MAX_DELAY_MS);
    await this.#clock.delay(waitMs, signal);
  }
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
