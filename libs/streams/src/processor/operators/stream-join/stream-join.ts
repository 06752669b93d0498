/** Joins two streams within a window (Kafka Streams: KStreamKStreamJoin). Each side is an operator of its own; the two share this.
 *  K1 A left record joins right ones of [left - before, left + after]; its window closes when the watermark is past
 *     left + after + grace (a right one's: right + before + grace), on the time that both sides have reached (D17).
 *  K2 `left`, `outer`: what found no partner is passed on alone when its window closes, with its own time (D9), and joins no more.
 *  K3 A record that comes after its window closed is counted as late and not kept, but joins what is still there.
 *     What the committed watermark had passed was passed on by that commit: not again after a restart (D10).
 *  K4 A record waits as long as one that is not late may join it: before + after + grace. It is kept until its own window has closed
 *     too: that is longer where before or after is negative. */
import type { Holder, Next, OperatorContext, TaskTime } from '../../operator.ts';
import { TimerQueue } from '../../../state/timer-queue.ts';
import { DueEntries, type DueEntry } from '../due-entries.ts';
import type { Lane } from '../lane.ts';
import { JoinBuffer } from './join-buffer.ts';
import { JoinSide, type StreamJoining } from './join-side.ts';

/** A key's records of a bucket whose window closes. */
export type Closing = DueEntry & { readonly side: JoinSide; readonly dueMs: number };

/** Buckets that the window, before + after, is cut into. */
const BUCKETS_PER_WINDOW = 16;

export function retentionOf({ beforeMs, afterMs, graceMs }: Omit<StreamJoining, 'kind'>): number {
  return Math.max(beforeMs + afterMs, beforeMs, afterMs) + graceMs;
}

export type SideName = 'left' | 'right';
export interface StreamJoinStores {
  readonly left: string;
  readonly right: string;
}

export class StreamJoin implements Holder {
  readonly limit = 1;
  readonly time: TaskTime;
  readonly lane: Lane;
  readonly left: JoinSide;
  readonly right: JoinSide;
  /** How long a record waits for partners, by the watermark. */
  readonly joinableMs: number;
  /** How long it is kept: until its window has closed too. */
  readonly #retentionMs: number;
  readonly #bucketMs: number;
  readonly #queue = new TimerQueue<Closing>();
  readonly #closing = new DueEntries<Closing>(({ side, segment, id, dueMs }) =>
    side.close(segment, id, dueMs),
  );
  /** Everything that closed up to here was passed on before this owner began; null: it has not begun. */
  #begunAtMs: number | null = null;
  /** Everything that closed up to here was passed on. */
  #doneToMs = -Infinity;
  #nextForgetMs = -Infinity;

  constructor(joining: StreamJoining, stores: StreamJoinStores, context: OperatorContext) {
    const { beforeMs, afterMs, graceMs, kind } = joining;
    this.lane = context.lane;
    this.joinableMs = beforeMs + afterMs + graceMs;
    this.#retentionMs = retentionOf(joining);
    this.#bucketMs = Math.ceil((beforeMs + afterMs + 1) / BUCKETS_PER_WINDOW);
    const side = (name: SideName, backMs: number, forthMs: number, outer: boolean): JoinSide => {
      const buffer = new JoinBuffer(context.store(stores[name]), this.#bucketMs);
      return new JoinSide(this, joining, { name, backMs, forthMs, outer, buffer });
    };
    this.left = side('left', beforeMs, afterMs, kind !== 'inner');
    this.right = side('right', afterMs, beforeMs, kind === 'outer');
    this.time = new SharedTime([this.left, this.right]);
  }

  /** The operator of one side begins. */
  attach(name: SideName, context: OperatorContext, next: Next): JoinSide {
    const side = this[name];
    side.attach({ ...context, time: this.time }, next, context.time);
    return side;
  }

  get held(): number {
    const mustLoad = this.left.mustLoad || this.right.mustLoad;
    return this.lane.held + this.#closing.held + (mustLoad ? 1 : 0);
  }
  get isFull(): boolean {
    return this.lane.isFull;
  }

  /** What is passed on alone has its own, old time. */
  get ceilingMs(): number {
    const aloneMs = Math.min(
      this.left.oldestAloneMs(this.#doneToMs),
      this.right.oldestAloneMs(this.#doneToMs),
    );
    return Math.min(aloneMs, this.lane.oldestWatermarkMs);
  }

  get nextMs(): number {
    return Math.min(this.#queue.nextMs, this.left.nextBucketMs, this.right.nextBucketMs, this.#nextForgetMs);
  }

  expect(closing: Closing): void {
    if (closing.dueMs > this.#begunAtMs!) this.#queue.add(closing);
  }

  /** Passes on what time has closed, and forgets what can join no more. */
  advance(): void {
    const { watermarkMs } = this.time;
    this.#begunAtMs ??= watermarkMs;
    if (this.held > 0) return; // first those that came before: `drain` comes back here
    if (watermarkMs >= this.nextMs) {
      this.left.advance(watermarkMs);
      this.right.advance(watermarkMs);
      if (this.held > 0) return;
      for (const closing of this.#queue.take(watermarkMs)) this.#closing.add(closing);
      if (this.held === 0) this.#forget(watermarkMs);
    }
    if (this.held === 0) this.#doneToMs = watermarkMs;
  }

  #forget(watermarkMs: number): void {
    if (watermarkMs < this.#nextForgetMs) return;
    this.#nextForgetMs = watermarkMs + this.#bucketMs;
    for (const { buffer } of [this.left, this.right]) buffer.forgetBefore(watermarkMs - this.#retentionMs);
  }

  async drain(): Promise<void> {
    do {
      await this.left.load();
      await this.right.load();
      await this.#closing.drain();
      await this.lane.drain();
      this.advance();
    } while (this.held > 0);
  }

  room(): Promise<void> {
    return this.drain();
  }
}

/** The time that both sides have reached. */
class SharedTime implements TaskTime {
  readonly #sides: readonly JoinSide[];

  constructor(sides: readonly JoinSide[]) {
    this.#sides = sides;
  }

  get watermarkMs(): number {
    return Math.min(...this.#sides.map(({ ownTime }) => ownTime?.watermarkMs ?? Infinity));
  }
}
