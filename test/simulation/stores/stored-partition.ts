/** One partition as the store server keeps it: data and checkpoint, which change together. */
import {
  SegmentCursor,
  type FlushResult,
  type SegmentId,
  type SegmentWrites,
  type StoreFlush,
} from '@hiveframe/streams';
import type { Without } from '../mutations/mutation.ts';

/** One character a byte. */
export type Entries = ReadonlyMap<string, Buffer>;

export class StoredPartition {
  epoch = 0;
  offset: number | null = null;
  readonly #segments = new Map<SegmentId, Map<string, Buffer>>();

  flush(epoch: number, flush: StoreFlush, without: Without = []): FlushResult {
    if (this.epoch > epoch && !without.includes('epoch')) return 'fenced';
    const stored = this.offset ?? 0;
    if (stored !== flush.fromOffset && !without.includes('compare-and-set'))
      return stored === flush.toOffset ? 'alreadyApplied' : 'gap';
    for (const writes of flush.writes) this.#apply(writes);
    if (flush.expireBeforeMs !== null) this.#expire(flush.expireBeforeMs);
    this.offset = flush.toOffset;
    this.epoch = Math.max(this.epoch, epoch);
    return 'applied';
  }

  clear(epoch: number): 'applied' | 'fenced' {
    if (this.epoch > epoch) return 'fenced';
    this.#segments.clear();
    this.offset = null;
    this.epoch = epoch;
    return 'applied';
  }

  entries(segment: SegmentId): Entries {
    return this.#segments.get(segment) ?? new Map<string, Buffer>();
  }
  get windowStarts(): number[] {
    return [...this.#segments.keys()].filter((id) => id !== null).sort((a, b) => a - b);
  }
  get segments(): readonly SegmentId[] {
    return [...this.#segments.keys()];
  }

  copy(): StoredPartition {
    const copy = new StoredPartition();
    copy.epoch = this.epoch;
    copy.offset = this.offset;
    for (const [id, entries] of this.#segments) copy.#segments.set(id, new Map(entries));
    return copy;
  }

  #apply({ segment: id, packed }: SegmentWrites): void {
    const entries = this.#segments.get(id) ?? new Map<string, Buffer>();
    const cursor = new SegmentCursor(packed);
    while (cursor.next()) {
      const key = cursor.key().toString('latin1');
      const value = cursor.value();
      if (value === null) entries.delete(key);
      else entries.set(key, Buffer.from(value));
    }
    if (entries.size > 0) this.#segments.set(id, entries);
    else this.#segments.delete(id);
  }

  #expire(beforeMs: number): void {
    for (const id of this.#segments.keys()) if (id !== null && id < beforeMs) this.#segments.delete(id);
  }
}
