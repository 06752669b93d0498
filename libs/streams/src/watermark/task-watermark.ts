/** The task's event time: highest event time of each input partition minus its delay, the minimum over the inputs.
 *  M1 The watermark never goes back, not even over a restart: it is committed with the offsets (`watermark-metadata.ts`).
 *  M2 A partition without records yet holds it at -Infinity, unless it is idle (Flink's idleness).
 *  M3 When all inputs are idle it stays where it is.
 *  M4 A table beside streams neither holds nor moves it: a row is as good as new until it changes. */
import type { TaskTime } from '../processor/operator.ts';

export interface WatermarkInput {
  readonly delayMs: number;
  /** null: never idle. */
  readonly idleAfterMs: number | null;
  /** @defaultValue true */
  readonly holdsTime?: boolean;
}

export class TaskWatermark implements TaskTime {
  watermarkMs = -Infinity;
  readonly #inputs: readonly WatermarkInput[];
  readonly #maxEventTimeMs: number[];
  readonly #idle: boolean[];
  readonly #lastActiveMs: number[];

  constructor(inputs: readonly WatermarkInput[], nowMs: number) {
    this.#inputs = inputs;
    this.#maxEventTimeMs = inputs.map(() => -Infinity);
    this.#idle = inputs.map(() => false);
    this.#lastActiveMs = inputs.map(() => nowMs);
  }

  maxEventTimeMs(input: number): number {
    return this.#maxEventTimeMs[input]!;
  }

  restore(input: number, maxEventTimeMs: number, watermarkMs: number): void {
    this.#maxEventTimeMs[input] = maxEventTimeMs;
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
  }

  /** Called for each record before its operators see it (D2). */
  observe(input: number, timestampMs: number): void {
    if (timestampMs <= this.#maxEventTimeMs[input]! && !this.#idle[input]) return;
    if (timestampMs > this.#maxEventTimeMs[input]!) this.#maxEventTimeMs[input] = timestampMs;
    this.#idle[input] = false;
    if (this.#inputs.length === 1) this.#raise(this.#maxEventTimeMs[0]! - this.#inputs[0]!.delayMs);
    else this.#recompute();
  }

  /** Once per round: an input that has (or may have) records is active, however long the task was held up (FLIP-471). */
  checkIdle(nowMs: number, isActive: (input: number) => boolean): void {
    let changed = false;
    for (let input = 0; input < this.#inputs.length; input++) {
      const { idleAfterMs } = this.#inputs[input]!;
      if (isActive(input)) this.#lastActiveMs[input] = nowMs;
      const idle = idleAfterMs !== null && nowMs - this.#lastActiveMs[input]! >= idleAfterMs;
      if (idle && !this.#idle[input]) {
        this.#idle[input] = true;
        changed = true;
      }
    }
    if (changed) this.#recompute();
  }

  #recompute(): void {
    let lowest = Infinity;
    for (let input = 0; input < this.#inputs.length; input++) {
      if (this.#idle[input] || this.#inputs[input]!.holdsTime === false) continue;
      lowest = Math.min(lowest, this.#maxEventTimeMs[input]! - this.#inputs[input]!.delayMs);
    }
    if (lowest !== Infinity) this.#raise(lowest);
  }

  #raise(watermarkMs: number): void {
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
  }
}
