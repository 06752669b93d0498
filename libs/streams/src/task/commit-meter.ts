/** Measures a task by the commit: how long it took, what it wrote, and how long its records took to process. */
import type { OutputBatch } from '../ports/log.ts';
import type { Telemetry } from '../ports/runtime.ts';
import { changelogOf, type SealedWork } from '../transaction/sealed-work.ts';

export interface Processed {
  readonly processedCount: number;
  readonly processMs: number;
}

export class CommitMeter {
  readonly #task: Processed;
  readonly #telemetry: Telemetry;
  /** As of the commit before. */
  #processedCount = 0;
  #processMs = 0;

  constructor(task: Processed, telemetry: Telemetry) {
    this.#task = task;
    this.#telemetry = telemetry;
  }

  committed(work: SealedWork, latencyMs: number): void {
    this.#telemetry.record('commit-latency-ms', latencyMs);
    this.#recordProcessing();
    this.#countOutput(work.output);
    this.#countOutput(changelogOf(work));
  }

  /** The mean of the records since the commit before: a clock is not asked for each. */
  #recordProcessing(): void {
    const { processedCount, processMs } = this.#task;
    const count = processedCount - this.#processedCount;
    if (count > 0) this.#telemetry.record('process-latency-ms', (processMs - this.#processMs) / count);
    this.#processedCount = processedCount;
    this.#processMs = processMs;
  }

  #countOutput(batches: readonly OutputBatch[]): void {
    const counts = new Map<string, number>();
    for (const { topic, records } of batches) counts.set(topic, (counts.get(topic) ?? 0) + records.count);
    for (const [topic, count] of counts) this.#telemetry.count('records-produced', count, { topic });
  }
}
