/** What the upstream tasks of one partition of a repartition topic announced: its watermark is the lowest of them (ADR 7).
 *  U1 A task that has announced nothing yet holds it at -Infinity. One that is idle does not count; when all are, the highest of
 *     them does (Flink: StatusWatermarkValve).
 *  U2 It is committed with the position, so a restart waits for nothing that was heard before. */
import type { Announcement } from './announcement.ts';
import { decodeWriters, encodeWriters } from './encoded-writers.ts';

export class WriterWatermarks {
  /** By the writer's partition number. */
  #watermarksMs: number[];
  #idle: boolean[];
  #watermarkMs = -Infinity;
  #isIdle = false;

  /** @param numWriters how many tasks write the topic; more are waited for once they have been heard of */
  constructor(numWriters: number) {
    this.#watermarksMs = Array.from({ length: numWriters }, () => -Infinity);
    this.#idle = Array.from({ length: numWriters }, () => false);
  }

  get watermarkMs(): number {
    return this.#watermarkMs;
  }
  /** None of them has anything more for now. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** What a task announces never goes back: at least once may bring it twice. */
  hear({ writer, watermarkMs, idle }: Announcement): void {
    for (let unheard = this.#watermarksMs.length; unheard <= writer; unheard++)
      this.#set(unheard, -Infinity, false);
    const beforeMs = this.#watermarksMs[writer]!;
    const waitsForOthers = !this.#idle[writer] && !idle && beforeMs > this.#watermarkMs;
    this.#set(writer, Math.max(watermarkMs, beforeMs), idle);
    if (!waitsForOthers) this.#recompute();
  }

  /** Where announcements may have been lost, nobody is waited for until heard again. */
  forgive(): void {
    this.#idle.fill(true);
    this.#recompute();
  }

  #set(writer: number, watermarkMs: number, idle: boolean): void {
    this.#watermarksMs[writer] = watermarkMs;
    this.#idle[writer] = idle;
  }

  #recompute(): void {
    let lowestMs = Infinity;
    let highestMs = -Infinity;
    this.#isIdle = true;
    for (let writer = 0; writer < this.#watermarksMs.length; writer++) {
      const watermarkMs = this.#watermarksMs[writer]!;
      if (watermarkMs > highestMs) highestMs = watermarkMs;
      if (this.#idle[writer]) continue;
      this.#isIdle = false;
      if (watermarkMs < lowestMs) lowestMs = watermarkMs;
    }
    this.#watermarkMs = this.#isIdle ? highestMs : lowestMs;
  }

  encode(): string {
    return encodeWriters(
      this.#watermarksMs.map((watermarkMs, writer) => ({ watermarkMs, idle: this.#idle[writer]! })),
    );
  }

  /** Tasks that are no more are forgotten. */
  restore(encoded: string): void {
    const known = decodeWriters(encoded).slice(0, this.#watermarksMs.length);
    for (const [writer, { watermarkMs, idle }] of known.entries()) this.#set(writer, watermarkMs, idle);
    this.#recompute();
  }
}
