/** Counts what polls bring: once for each, nothing per record. */
import type { FetchedRecords } from '../ports/log.ts';
import type { Metric } from '../ports/runtime.ts';
import { counter } from '../task/metric.ts';

export class PollMeter {
  #polls = 0;
  #records = 0;
  #bytes = 0;
  #elapsedMs = 0;

  /** Of records before the position that was asked for the batch has some, which count too. */
  polled(fetched: readonly FetchedRecords[], elapsedMs: number): void {
    this.#polls++;
    this.#elapsedMs += elapsedMs;
    for (const { batches, sizeBytes } of fetched) {
      this.#bytes += sizeBytes;
      for (const { count } of batches) this.#records += count;
    }
  }

  metrics(): Metric[] {
    return [
      counter('poll-total', this.#polls),
      counter('poll-time-ms', this.#elapsedMs),
      counter('records-consumed-total', this.#records),
      counter('bytes-consumed-total', this.#bytes),
    ];
  }
}
