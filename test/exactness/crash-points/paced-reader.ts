/** A reader that gives a partition batch by batch. At the pace of commits another one when the former's commit has begun: so each commit
 *  carries one batch however fast the machine is, and the task still processes while a commit is under way. */
import type { FetchedRecords, LogReader, TopicPartition } from '@hiveframe/streams';

/** While batches wait for their turn. */
const SHORT_WAIT_MS = 2;

export class PacedReader implements LogReader {
  readonly #reader: LogReader;
  readonly #pace: Pace;
  readonly #waiting = new Map<string, FetchedRecords[]>();

  constructor(reader: LogReader, pace: Pace) {
    this.#reader = reader;
    this.#pace = pace;
  }

  assign(at: TopicPartition, fromOffset: number): void {
    this.#waiting.set(nameOf(at), []);
    this.#pace.restart(at.partition);
    this.#reader.assign(at, fromOffset);
  }
  unassign(at: TopicPartition): void {
    this.#waiting.delete(nameOf(at));
    this.#reader.unassign(at);
  }
  /** So little is read that nothing needs to be paused. */
  pause(): void {}
  resume(): void {}

  async poll({ maxWaitMs }: { readonly maxWaitMs: number }): Promise<readonly FetchedRecords[]> {
    const now = this.#take();
    if (now.length > 0) return now;
    const waits = [...this.#waiting.values()].some((pieces) => pieces.length > 0);
    const fetched = await this.#reader.poll({
      maxWaitMs: waits ? Math.min(maxWaitMs, SHORT_WAIT_MS) : maxWaitMs,
    });
    for (const one of fetched) this.#waiting.get(nameOf(one))?.push(...piecesOf(one));
    return this.#take();
  }

  sinceCaughtUpMs(at: TopicPartition): number {
    const isWaiting = (this.#waiting.get(nameOf(at)) ?? []).length > 0;
    return isWaiting ? Infinity : this.#reader.sinceCaughtUpMs(at);
  }

  close(): Promise<void> {
    this.#waiting.clear();
    return this.#reader.close();
  }

  #take(): readonly FetchedRecords[] {
    const taken: FetchedRecords[] = [];
    for (const pieces of this.#waiting.values()) {
      const [next] = pieces;
      if (next === undefined || !this.#pace.takes(next.partition)) continue;
      taken.push(next);
      pieces.shift();
    }
    return taken;
  }
}

/** Whether a partition may have its next batch now. */
export interface Pace {
  restart(partition: number): void;
  takes(partition: number): boolean;
}

/** One batch with each poll. */
export const EVERY_POLL: Pace = { restart: () => {}, takes: () => true };

export class CommitPace implements Pace {
  readonly #left = new Map<number, number>();

  restart(partition: number): void {
    this.#left.set(partition, 1);
  }
  commitBegins(partition: number): void {
    this.restart(partition);
  }
  takes(partition: number): boolean {
    const left = this.#left.get(partition) ?? 0;
    if (left > 0) this.#left.set(partition, left - 1);
    return left > 0;
  }
}

function piecesOf(fetched: FetchedRecords): readonly FetchedRecords[] {
  const { batches } = fetched;
  if (batches.length === 0) return [fetched];
  return batches.map((batch, index) => ({
    ...fetched,
    batches: [batch],
    nextOffset: batches[index + 1]?.baseOffset ?? fetched.nextOffset,
    sizeBytes: fetched.sizeBytes / batches.length,
  }));
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
