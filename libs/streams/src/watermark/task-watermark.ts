/** The task's event time: highest event time of each input partition minus its delay, the minimum over the inputs.
 *  M1 The watermark never goes back, not even over a restart: it is committed with the offsets (`watermark-metadata.ts`).
 *  M2 A partition without records yet holds it at -Infinity, unless it is idle (Flink's idleness).
 *  M3 When all inputs are idle, the one that is ahead counts; and if they say so, the watermark then goes on as the wall clock does.
 *     It does so in steps, and is committed as if a record had moved it: what closed by the clock stays closed (D13).
 *  M4 A table beside streams neither holds nor moves it: a row is as good as new until it changes.
 *  M5 An input is silent only as long as the log says so: while its leader is away, nobody knows. So silence is counted up to the
 *     last answer that brought nothing (`LogReader.sinceCaughtUpMs`).
 *  M6 Behind a repartition topic the watermarks of its writers count, not the times of its records (ADR 7). */
import type { TaskTime } from '../processor/operator.ts';
import type { Announcement } from './announcement.ts';
import type { StreamTimes } from './watermark-metadata.ts';
import type { WriterWatermarks } from './writer-watermarks.ts';

/** How long an input that was read to its end still holds the watermark behind a repartition topic, where its source does not say.
 *  It covers the jitter of a live stream; an input that lags behind is waited for in any case. */
const QUIET_AFTER_MS = 1_000;

export interface WatermarkInput {
  readonly delayMs: number;
  /** null: never idle. */
  readonly idleAfterMs: number | null;
  /** @defaultValue false */
  readonly advancesWhenIdle?: boolean;
  /** @defaultValue true */
  readonly holdsTime?: boolean;
  /** null: no repartition topic. @defaultValue null */
  readonly writers?: WriterWatermarks | null;
}

/** Steps of a watermark that goes on by the clock: none shorter, and none longer than a tenth of the silence so far. */
const LEAST_STEP_MS = 1_000;
const STEP_OF_SILENCE = 0.1;

export class TaskWatermark implements TaskTime {
  watermarkMs = -Infinity;
  /** Announcements so far. */
  numHeard = 0;
  readonly #inputs: readonly WatermarkInput[];
  readonly #writers: readonly (WriterWatermarks | null)[];
  readonly #maxEventTimeMs: number[];
  readonly #idle: boolean[];
  readonly #active: boolean[];
  readonly #lastActiveMs: number[];
  /** Up to when it is known whether anything came (M5). */
  readonly #heardToMs: number[];

  readonly #advancesWhenIdle: boolean;
  /** Where the watermark stood when all had fallen silent, and how far it has gone on since; null: not all are silent. */
  #silence: { readonly sinceMs: number; readonly watermarkMs: number; advancedMs: number } | null = null;

  constructor(inputs: readonly WatermarkInput[], nowMs: number) {
    this.#inputs = inputs;
    this.#writers = inputs.map(({ writers = null }) => writers);
    this.#maxEventTimeMs = inputs.map(() => -Infinity);
    this.#idle = inputs.map(() => false);
    this.#active = inputs.map(() => true);
    this.#lastActiveMs = inputs.map(() => nowMs);
    this.#heardToMs = inputs.map(() => -Infinity);
    const holding = inputs.filter(({ holdsTime }) => holdsTime !== false);
    this.#advancesWhenIdle = holding.every(({ advancesWhenIdle }) => advancesWhenIdle === true);
  }

  /** What a commit keeps beside the position of an input. */
  timesOf(input: number): StreamTimes {
    const writers = this.#writers[input]?.encode() ?? null;
    return { maxEventTimeMs: this.#maxEventTimeMs[input]!, watermarkMs: this.watermarkMs, writers };
  }

  restore(input: number, { maxEventTimeMs, watermarkMs, writers = null }: StreamTimes): void {
    this.#maxEventTimeMs[input] = maxEventTimeMs;
    if (writers !== null) this.#writers[input]?.restore(writers);
    this.#raise(watermarkMs);
  }

  /** Called for each record before its operators see it (D2). */
  observe(input: number, timestampMs: number): void {
    if (timestampMs <= this.#maxEventTimeMs[input]! && !this.#idle[input]) return;
    if (timestampMs > this.#maxEventTimeMs[input]!) this.#maxEventTimeMs[input] = timestampMs;
    this.#idle[input] = false;
    if (this.#writers[input] !== null) return;
    if (this.#inputs.length === 1) this.#raise(this.#maxEventTimeMs[0]! - this.#inputs[0]!.delayMs);
    else this.#recompute();
  }

  /** A writer of this input has told its watermark: its records before that have been processed. */
  hear(input: number, announcement: Announcement): void {
    this.numHeard++;
    this.#writers[input]!.hear(announcement);
    this.#recompute();
  }

  /** Records can come from now on: for how long an input was not read (a restore, a rebalance) says nothing of its silence. */
  begin(nowMs: number): void {
    this.#lastActiveMs.fill(nowMs);
    this.#idle.fill(false);
    this.#silence = null;
  }

  /** Once per round: an input that has (or may have) records is active, however long the task was held up (FLIP-471).
   *  @param sinceCaughtUpMs how long ago the log last said that an input has nothing more (M5) */
  checkIdle(
    nowMs: number,
    isActive: (input: number) => boolean,
    sinceCaughtUpMs: (input: number) => number = () => 0,
  ): void {
    let changed = false;
    for (let input = 0; input < this.#inputs.length; input++) {
      const { idleAfterMs } = this.#inputs[input]!;
      const active = (this.#active[input] = isActive(input));
      if (active) this.#lastActiveMs[input] = nowMs;
      this.#heardToMs[input] = Math.floor(nowMs - sinceCaughtUpMs(input));
      const idle = idleAfterMs !== null && this.#silentMs(input) >= idleAfterMs;
      if (idle && !this.#idle[input]) {
        this.#idle[input] = true;
        changed = true;
      }
    }
    if (changed) this.#recompute();
    if (this.#advancesWhenIdle) this.#advanceByClock();
  }

  #silentMs(input: number): number {
    return this.#heardToMs[input]! - this.#lastActiveMs[input]!;
  }

  #advanceByClock(): void {
    if (!this.#inputs.every(({ holdsTime }, input) => holdsTime === false || this.#isIdle(input))) {
      this.#silence = null;
      return;
    }
    const sinceMs = Math.max(...this.#lastActiveMs);
    const silence = (this.#silence ??= { sinceMs, watermarkMs: this.watermarkMs, advancedMs: 0 });
    const heardToMs = this.#heardToMs.filter((_, input) => this.#inputs[input]!.holdsTime !== false);
    const silentMs = Math.min(...heardToMs) - silence.sinceMs;
    const stepMs = Math.max(LEAST_STEP_MS, silence.advancedMs * STEP_OF_SILENCE);
    if (silentMs - silence.advancedMs < stepMs) return;
    silence.advancedMs = silentMs;
    this.#raise(silence.watermarkMs + silentMs);
  }

  #isIdle(input: number): boolean {
    return this.#writers[input]?.isIdle ?? this.#idle[input]!;
  }

  /** Nothing more is to be expected of the inputs for now, as `checkIdle` saw them last: who reads what this task writes need not
   *  wait for it. */
  get isQuiet(): boolean {
    return this.#inputs.every(({ holdsTime }, input) => holdsTime === false || this.#isInputQuiet(input));
  }

  /** What has never had a record, and is empty, is no stream yet: nobody waits for it. */
  #isInputQuiet(input: number): boolean {
    if (this.#active[input]) return false;
    if (this.#writers[input] !== null) return this.#writers[input]!.isIdle;
    if (this.#maxEventTimeMs[input] === -Infinity) return this.#heardToMs[input]! > -Infinity;
    return this.#silentMs(input) >= (this.#inputs[input]!.idleAfterMs ?? QUIET_AFTER_MS);
  }

  #recompute(): void {
    let lowest = Infinity;
    let highest = -Infinity;
    for (let input = 0; input < this.#inputs.length; input++) {
      const { holdsTime, delayMs } = this.#inputs[input]!;
      if (holdsTime === false) continue;
      const writers = this.#writers[input]!;
      const watermarkMs = writers === null ? this.#maxEventTimeMs[input]! - delayMs : writers.watermarkMs;
      highest = Math.max(highest, watermarkMs);
      if (!this.#isIdle(input)) lowest = Math.min(lowest, watermarkMs);
    }
    this.#raise(lowest === Infinity ? highest : lowest);
  }

  #raise(watermarkMs: number): void {
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
  }
}
