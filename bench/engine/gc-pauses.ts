/** Pauses of the garbage collector, and which of them fell into a stretch of time. What its threads do beside the main one is not in
 *  them; it is in the CPU time of the process. */
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';

export class GcPauses {
  readonly #pauses: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Of `performance.now()`. Pauses are told a little later: asked in the turn of the event loop after `toMs` or later. */
  msWithin(fromMs: number, toMs: number): number {
    this.#pauses.push(...this.#observer.takeRecords());
    const within = this.#pauses.filter(({ startTime }) => startTime >= fromMs && startTime < toMs);
    return within.reduce((ms, { duration }) => ms + duration, 0);
  }

  close(): void {
    this.#observer.disconnect();
  }
}
