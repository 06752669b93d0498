/** One side of a stream-stream join: its records by key and time, in buckets that leave whole when their time is over. */
import type { StateEntry, StateSegment, StateStore } from '../../../state/state-store.ts';
import type { Lane } from '../lane.ts';
import { insertByTime, type WaitingRecord } from './waiting-records.ts';

export type BufferEntry = StateEntry<WaitingRecord[]>;

export class JoinBuffer {
  readonly state: StateStore;
  readonly #bucketMs: number;

  constructor(state: StateStore, bucketMs: number) {
    this.state = state;
    this.#bucketMs = bucketMs;
  }

  #startOf(timestampMs: number): number {
    return timestampMs - (timestampMs % this.#bucketMs);
  }

  /** Buckets that exist and may hold records of this span. */
  *#buckets(fromMs: number, toMs: number): Iterable<StateSegment> {
    for (let startMs = this.#startOf(Math.max(0, fromMs)); startMs <= toMs; startMs += this.#bucketMs) {
      const segment = this.state.segments.get(startMs);
      if (segment !== undefined) yield segment;
    }
  }

  areKnown(id: unknown, fromMs: number, toMs: number): boolean {
    for (const segment of this.#buckets(fromMs, toMs)) if (!this.state.isKnown(segment, id)) return false;
    return true;
  }

  want(lane: Lane, key: unknown, fromMs: number, toMs: number): void {
    const id = this.state.identify(key);
    for (const segment of this.#buckets(fromMs, toMs)) lane.want(this.state, segment, id, key);
  }

  /** In order of time, with the entry that each lies in. */
  *between(
    id: unknown,
    fromMs: number,
    toMs: number,
  ): Iterable<{ entry: BufferEntry; record: WaitingRecord }> {
    for (const segment of this.#buckets(fromMs, toMs)) {
      const entry = segment.entries.get(id) as BufferEntry | undefined;
      if (entry === undefined) continue;
      for (const record of entry.value) {
        if (record.timestampMs >= fromMs && record.timestampMs <= toMs) yield { entry, record };
      }
    }
  }

  /** The bucket of its time must be known for the key. */
  add(id: unknown, key: unknown, record: WaitingRecord): BufferEntry {
    const segment = this.state.segment(this.#startOf(record.timestampMs));
    const entry =
      (segment.entries.get(id) as BufferEntry | undefined) ?? this.state.create(segment, id, key, []);
    insertByTime(entry.value, record);
    if (record.timestampMs > entry.timestampMs) entry.timestampMs = record.timestampMs;
    this.state.touch(entry);
    return entry;
  }

  remove(entry: BufferEntry, record: WaitingRecord): void {
    entry.value.splice(entry.value.indexOf(record), 1);
    if (entry.value.length === 0) this.state.remove(entry);
    else this.state.touch(entry);
  }

  /** Records older than this are not needed any more. */
  forgetBefore(timestampMs: number): void {
    for (const segment of this.state.segments.values()) {
      if ((segment.id as number) + this.#bucketMs <= timestampMs) this.state.drop(segment);
    }
  }
}
