import type { Logger } from '@hiveframe/streams';

/** Tells of each outage twice, when it begins and when it is over, however often a reconnection fails in between. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #sinceMs = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  lost(address: string, reason: string): void {
    if (this.#sinceMs.has(address)) return;
    this.#sinceMs.set(address, performance.now());
    this.#logger.log('warn', `Lost the connection to Redis at ${address}: ${reason}. Reconnecting.`);
  }

  back(address: string): void {
    const sinceMs = this.#sinceMs.get(address);
    if (sinceMs === undefined) return;
    this.#sinceMs.delete(address);
    const seconds = ((performance.now() - sinceMs) / 1_000).toFixed(1);
    this.#logger.log('info', `Redis at ${address} is back after ${seconds} s.`);
  }
}
