/** Event-time timers of an operator, kept as state: what was to happen happens after a crash too (D15).
 *  M1 A timer is a key and a time. They lie in buckets, one segment of a window store each, so that those which went off leave the
 *     store with their bucket, and only the bucket that time has reached must be in memory.
 *  M2 A key's timer within one bucket is one: setting it again moves it. Setting needs no read.
 *  M3 One may go off again after a restart, and after it was moved: what it starts finds nothing to do. */
import { BucketWalk } from './bucket-walk.ts';
import type { StateSegment, StateStore } from './state-store.ts';
import { TimerQueue, type Timer } from './timer-queue.ts';

export class Timers {
  readonly #state: StateStore;
  readonly #bucketMs: number;
  readonly #buckets: BucketWalk;
  /** Of the buckets that time has reached. */
  readonly #queue = new TimerQueue();

  /** @param state a window store, with the keys of what is timed, and doubles as values */
  constructor(state: StateStore, bucketMs: number) {
    this.#state = state;
    this.#bucketMs = bucketMs;
    this.#buckets = new BucketWalk({ state, afterMs: 0, visit: (segment) => this.#queueAll(segment) });
  }

  /** Nothing goes off before the watermark reaches this. */
  get nextMs(): number {
    return Math.min(this.#queue.nextMs, this.#buckets.nextMs);
  }

  /** `takeDue` cannot tell before `load` was called. */
  get mustLoad(): boolean {
    return this.#buckets.mustLoad;
  }

  set(dueMs: number, id: unknown, key: unknown): void {
    const segment = this.#state.segment(dueMs - (dueMs % this.#bucketMs));
    const entry = segment.entries.get(id) ?? this.#state.overwrite(segment, id, key, dueMs);
    entry.value = dueMs;
    this.#state.touch(entry);
    if (this.#buckets.reached.has(segment)) this.#queue.add({ dueMs, id, key });
    else this.#buckets.note(segment);
  }

  /** Those that go off when time reaches `watermarkMs`, in order of time. Buckets that are over are forgotten: what this gives
   *  must be acted on before the next commit. */
  takeDue(watermarkMs: number): readonly Timer[] {
    this.#buckets.advance(watermarkMs);
    if (this.mustLoad) return [];
    for (const segment of this.#buckets.reached) {
      if ((segment.id as number) + this.#bucketMs <= watermarkMs) this.#buckets.drop(segment);
    }
    return this.#queue.take(watermarkMs);
  }

  #queueAll({ entries }: StateSegment): void {
    for (const [id, { key, value }] of entries) this.#queue.add({ dueMs: value as number, id, key });
  }

  load(): Promise<void> {
    return this.#buckets.load();
  }
}
