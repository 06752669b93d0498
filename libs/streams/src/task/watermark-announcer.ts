/** Tells those who read the repartition topics of a task where its event time stands (ADR 7).
 *  N1 A watermark follows the records that led to it: behind them in the same batch, with the same commit.
 *  N2 A partition that gets records with a commit gets the watermark too. The others get it at each commit where they are few, else
 *     so seldom that a task writes about 100 of them in a second.
 *  N3 A task that was opened tells it again, changed or not. */
import type { TaskTime } from '../processor/operator.ts';
import type { TopicOutput } from '../sink/record-collector.ts';
import { encodeAnnouncement } from '../watermark/announcement.ts';
import type { TaskWatermark } from '../watermark/task-watermark.ts';

const FEW_PARTITIONS = 10;
const MS_PER_PARTITION = 10;

export class WatermarkAnnouncer {
  readonly #writer: number;
  readonly #task: TaskWatermark;
  readonly #outputs: AnnouncedOutput[] = [];

  /** @param writer the partition number of the task */
  constructor(writer: number, task: TaskWatermark) {
    this.#writer = writer;
    this.#task = task;
  }

  /** @param time of the node that writes there */
  add(output: TopicOutput, numPartitions: number, time: TaskTime): void {
    this.#outputs.push(new AnnouncedOutput(output, numPartitions, time));
  }

  /** Something is to be told although there may be nothing else to commit. */
  isDue(nowMs: number): boolean {
    if (this.#outputs.length === 0) return false;
    const idle = this.#task.isQuiet;
    return this.#outputs.some((output) => output.isDue(idle, nowMs));
  }

  /** When everything else of the commit was put out. */
  announce(nowMs: number): void {
    if (this.#outputs.length === 0) return;
    const idle = this.#task.isQuiet;
    for (const output of this.#outputs) output.announce(this.#writer, idle, nowMs);
  }
}

class AnnouncedOutput {
  readonly #output: TopicOutput;
  readonly #time: TaskTime;
  readonly #intervalMs: number;
  /** What each partition was told last. */
  readonly #told: (string | null)[];
  #toldAll: string | null = null;
  #tellAllAtMs = -Infinity;

  constructor(output: TopicOutput, numPartitions: number, time: TaskTime) {
    this.#output = output;
    this.#time = time;
    this.#intervalMs = numPartitions <= FEW_PARTITIONS ? 0 : numPartitions * MS_PER_PARTITION;
    this.#told = Array.from({ length: numPartitions }, () => null);
  }

  isDue(idle: boolean, nowMs: number): boolean {
    if (nowMs < this.#tellAllAtMs) return false;
    const news = this.#news(idle);
    return news !== null && news !== this.#toldAll;
  }

  /** null: nothing is known yet. */
  #news(idle: boolean): string | null {
    const { watermarkMs } = this.#time;
    return watermarkMs === -Infinity && !idle ? null : `${watermarkMs};${idle}`;
  }

  announce(writer: number, idle: boolean, nowMs: number): void {
    const news = this.#news(idle);
    if (news === null) return;
    const all = this.isDue(idle, nowMs);
    const { watermarkMs } = this.#time;
    const headers = encodeAnnouncement({ writer, watermarkMs, idle });
    for (const [partition, told] of this.#told.entries()) {
      if (told === news || !(all || this.#output.hasPending(partition))) continue;
      this.#output.append(partition, null, null, Math.floor(Math.max(0, watermarkMs)), headers);
      this.#told[partition] = news;
    }
    if (!all) return;
    this.#toldAll = news;
    this.#tellAllAtMs = nowMs + this.#intervalMs;
  }
}
