/** Holds the records of a stream back until event time has gone on by a grace, and passes them on in order of time: what they are
 *  joined with may come late (KIP-923).
 *  H1 A record is passed on when the watermark reaches its time and the grace. One that comes later than that is passed on at once.
 *  H2 What the committed watermark had passed was passed on by that commit (D10).
 *  H3 Records lie in buckets of time, one segment of a window store each, that go whole when all in them were passed on. */
import { BucketWalk } from '../../state/bucket-walk.ts';
import { TimerQueue } from '../../state/timer-queue.ts';
import type { StateSegment } from '../../state/state-store.ts';
import type { Holder, Next, Operator, OperatorContext } from '../operator.ts';
import { DueEntries, type DueEntry } from './due-entries.ts';
import type { ParkedRecord, Parking } from './lane.ts';
import { JoinBuffer, type BufferEntry } from './stream-join/join-buffer.ts';
import type { WaitingRecord } from './stream-join/waiting-records.ts';

interface Due extends DueEntry {
  readonly dueMs: number;
}

/** @param store a window store of waiting records, whose windows are the buckets */
export function holdBack(store: string, graceMs: number): Operator {
  return {
    build(context, next) {
      const held = new HeldBack(store, graceMs, context, next);
      context.hold(held);
      context.onWatermark((watermarkMs) => held.advance(watermarkMs));
      context.limitTime(() => held.ceilingMs);
      return (key, value, timestampMs) => held.receive(key, value, timestampMs);
    },
  };
}

class HeldBack implements Holder, Parking {
  readonly limit = 1;
  readonly context: OperatorContext;
  readonly #graceMs: number;
  readonly #buffer: JoinBuffer;
  readonly #bucketMs: number;
  readonly #buckets: BucketWalk;
  readonly #next: Next;
  readonly #queue = new TimerQueue<Due>();
  readonly #due = new DueEntries<Due>((due) => this.#passOn(due));
  /** What was due up to here was passed on before this owner began; null: it has not begun. A bucket may come back that was gone, where
   *  the store has lost its last writes. */
  #begunAtMs: number | null = null;
  /** What was due up to here was passed on. */
  #doneToMs = -Infinity;

  constructor(store: string, graceMs: number, context: OperatorContext, next: Next) {
    const state = context.store(store);
    this.context = context;
    this.#graceMs = graceMs;
    this.#bucketMs = state.declaration.windowSizeMs!;
    this.#buffer = new JoinBuffer(state, this.#bucketMs);
    this.#buckets = new BucketWalk({ state, afterMs: graceMs, visit: (segment) => this.#queueAll(segment) });
    this.#next = next;
  }

  get held(): number {
    return this.context.lane.held + this.#due.held + (this.#buckets.mustLoad ? 1 : 0);
  }
  get isFull(): boolean {
    return this.context.lane.isFull;
  }
  /** What is passed on has its own, old time. */
  get ceilingMs(): number {
    return Math.min(this.#doneToMs - this.#graceMs, this.context.lane.oldestWatermarkMs);
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { lane, time } = this.context;
    const { watermarkMs } = time;
    this.advance(watermarkMs);
    const leaves = this.#leavesAtOnce(key, value, timestampMs, watermarkMs);
    if (this.held === 0) {
      if (leaves) return this.#next(key, value, timestampMs);
      const id = this.#buffer.state.identify(key);
      if (this.#buffer.areKnown(id, timestampMs, timestampMs)) return this.#keep(key, value, timestampMs);
    }
    if (!leaves) this.#buffer.want(lane, key, timestampMs, timestampMs);
    lane.park(this, key, value, timestampMs);
  }

  #leavesAtOnce(key: unknown, value: unknown, timestampMs: number, watermarkMs: number): boolean {
    const isNothing = key === null || key === undefined || value === null || value === undefined;
    return isNothing || timestampMs + this.#graceMs <= watermarkMs;
  }

  process({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    if (this.#leavesAtOnce(key, value, timestampMs, watermarkMs)) this.#next(key, value, timestampMs);
    else this.#keep(key, value, timestampMs);
  }

  #keep(key: unknown, value: unknown, timestampMs: number): void {
    const id = this.#buffer.state.identify(key);
    const { segment } = this.#buffer.add(id, key, { timestampMs, value, matched: false });
    if (this.#buckets.reached.has(segment)) this.#expect(segment, id, key, timestampMs);
    else this.#buckets.note(segment);
  }

  #queueAll(segment: StateSegment): void {
    for (const [id, { key, value }] of segment.entries)
      for (const { timestampMs } of value as WaitingRecord[]) this.#expect(segment, id, key, timestampMs);
  }

  #expect(segment: StateSegment, id: unknown, key: unknown, timestampMs: number): void {
    const dueMs = timestampMs + this.#graceMs;
    if (dueMs <= this.#begunAtMs!) return;
    this.#queue.add({ state: this.#buffer.state, segment, id, key, dueMs });
  }

  advance(watermarkMs: number): void {
    if (this.#begunAtMs === null) this.#begunAtMs = this.#doneToMs = watermarkMs;
    if (this.held > 0) return; // first what came before: `drain` comes back here
    this.#takeDue(watermarkMs);
    if (this.held > 0) return;
    for (const segment of this.#buckets.reached) {
      const endMs = (segment.id as number) + this.#bucketMs;
      if (endMs + this.#graceMs <= watermarkMs) this.#buckets.drop(segment);
    }
    this.#doneToMs = Math.max(this.#doneToMs, watermarkMs);
  }

  #takeDue(watermarkMs: number): void {
    this.#buckets.advance(watermarkMs);
    if (this.#buckets.mustLoad) return;
    for (const due of this.#queue.take(watermarkMs)) this.#due.add(due);
  }

  /** All records of the key that are due by then: one timer may stand for several. */
  #passOn({ segment, id, dueMs }: Due): void {
    const entry = segment.entries.get(id) as BufferEntry | undefined;
    if (entry === undefined) return;
    const due = entry.value.filter(({ timestampMs }) => timestampMs + this.#graceMs <= dueMs);
    this.context.record.without(() => {
      for (const record of due) {
        this.#leave(entry, record);
        this.#buffer.remove(entry, record);
      }
    });
  }

  #leave(entry: BufferEntry, { value, timestampMs }: WaitingRecord): void {
    try {
      this.#next(entry.key, value, timestampMs);
    } catch (thrown) {
      this.context.resultFailed(thrown, this.#buffer.state.capture(entry, this.context.partition));
    }
  }

  /** What is due goes before the records that wait in the lane. */
  async drain(): Promise<void> {
    const { lane, time } = this.context;
    do {
      await this.#buckets.load();
      this.#takeDue(Math.min(time.watermarkMs, lane.oldestWatermarkMs));
      await this.#due.drain();
      await lane.drain();
      this.advance(time.watermarkMs);
    } while (this.held > 0);
  }
  room(): Promise<void> {
    return this.drain();
  }
}
