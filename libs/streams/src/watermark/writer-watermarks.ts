/** What the upstream tasks of one partition of a repartition topic announced: its watermark is the lowest of them (ADR 7).
 *  U1 A task that has announced nothing yet holds it at -Infinity. One that is idle does not count; when all are, the highest of
 *     them does (Flink: StatusWatermarkValve).
 *  U2 It is committed with the position, so a restart waits for nothing that was heard before. */
import type { Announcement } from './announcement.ts';

/** Kafka keeps 4,096 bytes beside an offset (`offset.metadata.max.bytes`). */
const MAX_ENCODED_CHARS = 3_000;

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
    this.#set(writer, Math.max(watermarkMs, this.#watermarksMs[writer]!), idle);
    this.#recompute();
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
    const active = this.#watermarksMs.filter((_, writer) => !this.#idle[writer]);
    this.#isIdle = active.length === 0;
    this.#watermarkMs = this.#isIdle ? Math.max(...this.#watermarksMs) : Math.min(...active);
  }

  /** `<base ms>:<unit ms>:<units above the base, base 36; empty: nothing heard>[!: idle],…`. With many writers the unit grows until
   *  it fits: a watermark rounded down waits a little longer. */
  encode(): string {
    const known = this.#watermarksMs.filter(Number.isFinite);
    const baseMs = known.length === 0 ? 0 : Math.floor(Math.min(...known));
    for (let unitMs = 1; ; unitMs *= 10) {
      const text = `${baseMs}:${unitMs}:${this.#entries(baseMs, unitMs)}`;
      if (text.length <= MAX_ENCODED_CHARS || unitMs > 1e15) return text;
    }
  }

  #entries(baseMs: number, unitMs: number): string {
    const entries = this.#watermarksMs.map((watermarkMs, writer) => {
      const units = Number.isFinite(watermarkMs)
        ? Math.floor((watermarkMs - baseMs) / unitMs).toString(36)
        : '';
      return this.#idle[writer] ? `${units}!` : units;
    });
    return entries.join(',');
  }

  /** Tasks that are no more are forgotten. */
  restore(encoded: string): void {
    const [baseMs, unitMs, entries = ''] = encoded.split(':');
    const numWriters = this.#watermarksMs.length;
    for (const [writer, entry] of entries.split(',').slice(0, numWriters).entries()) {
      const units = entry.replace('!', '');
      const watermarkMs = units === '' ? -Infinity : Number(baseMs) + parseInt(units, 36) * Number(unitMs);
      this.#set(writer, watermarkMs, entry.endsWith('!'));
    }
    this.#recompute();
  }
}
