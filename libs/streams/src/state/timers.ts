/** Event-time timers of an operator, kept as state: what was to happen happens after a crash too (D15).
 *  M1 A timer is a key and a time. They lie in buckets, one segment of a window store each, named by its first millisecond, so that
 *     those which went off leave the store with their bucket, and only the bucket that time has reached must be in memory.
 *  M2 A key's timer within one bucket is one: setting it again moves it. Setting needs no read.
 *  M3 One may go off again after a restart: what it starts finds nothing to do. */
import type { StateSegment, StateStore } from './state-store.ts';
import { TimerQueue, type Timer } from './timer-queue.ts';

export class Timers {
  readonly #state: StateStore;
  readonly #bucketMs: number;
  /** Of the buckets that time has reached. */
  readonly #queue = new TimerQueue();
  readonly #reached = new Set<StateSegment>();
  /** The first bucket that time has not reached. */
  #nextBucketMs: number;
  #unread: StateSegment[] = [];

  /** @param state a window store, with keys of its own kind and doubles as values */
  constructor(state: StateStore, bucketMs: number) {
    this.#state = state;
    this.#bucketMs = bucketMs;
    this.#nextBucketMs = -Infinity;
  }

  /** Nothing goes off before the watermark reaches this. */
  get nextMs(): number {
    return Math.min(this.#queue.nextMs, this.#nextBucketMs);
  }

  /** `takeDue` cannot tell before `load` was called. */
  get mustLoad(): boolean {
    return this.#unread.length > 0;
  }

  set(dueMs: number, id: unknown, key: unknown): void {
    const bucketMs = dueMs - (dueMs % this.#bucketMs);
    const segment = this.#state.segment(bucketMs);
    const entry = segment.entries.get(id) ?? this.#state.overwrite(segment, id, key, dueMs);
    entry.value = dueMs;
    this.#state.touch(entry);
    if (this.#reached.has(segment)) this.#queue.add({ dueMs, id, key });
    else this.#nextBucketMs = Math.min(this.#nextBucketMs, bucketMs);
  }

  /** Those that go off when time reaches `watermarkMs`, in order of time. Buckets that are over are forgotten: what this gives
   *  must be acted on before the next commit. */
  takeDue(watermarkMs: number): readonly Timer[] {
    if (watermarkMs >= this.#nextBucketMs) this.#reach(watermarkMs);
    if (this.mustLoad) return [];
    const due = this.#queue.take(watermarkMs);
    for (const segment of this.#reached) {
      if ((segment.id as number) + this.#bucketMs > watermarkMs) continue;
      this.#reached.delete(segment);
      this.#state.drop(segment);
    }
    return due;
  }

  #reach(watermarkMs: number): void {
    this.#nextBucketMs = Infinity;
    const segments = [...this.#state.segments.values()].sort((a, b) => (a.id as number) - (b.id as number));
    for (const segment of segments) {
      if (this.#reached.has(segment)) continue;
      const bucketMs = segment.id as number;
      if (bucketMs > watermarkMs) {
        this.#nextBucketMs = bucketMs;
        return;
      }
      this.#reached.add(segment);
      if (segment.complete) this.#queueAll(segment);
      else this.#unread.push(segment);
    }
  }

  #queueAll(segment: StateSegment): void {
    for (const [id, { key, value }] of segment.entries) this.#queue.add({ dueMs: value as number, id, key });
  }

  async load(): Promise<void> {
    while (this.#unread.length > 0) {
      const segment = this.#unread[0]!;
      await this.#state.loadAll(segment);
      this.#unread.shift();
      this.#queueAll(segment);
    }
  }
}
