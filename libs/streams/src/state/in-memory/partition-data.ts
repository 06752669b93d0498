/** What an in-memory store holds of one partition.
 *  M1 Keys and values are latin1 strings, one character a byte: immutable, compact, and comparable as map keys.
 *  M2 Every change is synchronous: no reader sees half of it. */
import { InvariantError } from '../../errors/streams.error.ts';
import type { FlushResult, SegmentId, SegmentWrites, StoreFlush } from '../../ports/store.ts';
import { SegmentCursor } from '../segment-writes.ts';
import { latin1 } from '../latin1.ts';

export type Segment = Map<string, string>;

export class PartitionData {
  #epoch = 0;
  #offset: number | null = null;
  #segments = new Map<SegmentId, Segment>();

  get offset(): number | null {
    return this.#offset;
  }

  takeOver(): number {
    return ++this.#epoch;
  }

  segment(id: SegmentId): Segment | undefined {
    return this.#segments.get(id);
  }
  windowStarts(): number[] {
    return [...this.#segments.keys()].filter((id) => id !== null).sort((a, b) => a - b);
  }

  get numEntries(): number {
    let count = 0;
    for (const segment of this.#segments.values()) count += segment.size;
    return count;
  }

  flush(epoch: number, flush: StoreFlush): FlushResult {
    if (this.#epoch > epoch) return 'fenced';
    const stored = this.#offset ?? 0;
    if (stored !== flush.fromOffset) return stored === flush.toOffset ? 'alreadyApplied' : 'gap';
    for (const writes of flush.writes) checkEntries(writes);
    for (const writes of flush.writes) this.#apply(writes);
    if (flush.expireBeforeMs !== null) this.#expire(flush.expireBeforeMs);
    this.#offset = flush.toOffset;
    this.#epoch = epoch;
    return 'applied';
  }

  clear(epoch: number): 'applied' | 'fenced' {
    if (this.#epoch > epoch) return 'fenced';
    this.#segments.clear();
    this.#offset = null;
    this.#epoch = epoch;
    return 'applied';
  }

  /** A copy that later changes do not touch. */
  copy(): PartitionData {
    const copy = new PartitionData();
    copy.#epoch = this.#epoch;
    copy.#offset = this.#offset;
    for (const [id, segment] of this.#segments) copy.#segments.set(id, new Map(segment));
    return copy;
  }

  #apply({ segment: id, packed }: SegmentWrites): void {
    const segment: Segment = this.#segments.get(id) ?? new Map<string, string>();
    const cursor = new SegmentCursor(packed);
    while (cursor.next()) {
      const key = latin1(cursor.buffer, cursor.keyStart, cursor.keyEnd);
      if (cursor.valueStart < 0) segment.delete(key);
      else segment.set(key, latin1(cursor.buffer, cursor.valueStart, cursor.valueEnd));
    }
    if (segment.size > 0) this.#segments.set(id, segment);
    else this.#segments.delete(id);
  }

  #expire(beforeMs: number): void {
    for (const id of this.#segments.keys()) if (id !== null && id < beforeMs) this.#segments.delete(id);
  }
}

/** Walks the entries once before any of them is applied, so that a damaged flush changes nothing. */
function checkEntries({ segment, count, packed }: SegmentWrites): void {
  const cursor = new SegmentCursor(packed);
  let seen = 0;
  while (cursor.next()) seen++;
  if (seen === count) return;
  throw new InvariantError(`Cannot flush segment ${segment}: ${count} entries were announced, ${seen} came.`);
}
