const CHUNK_BITS = 15;
const CHUNK_OFFSETS = 1 << CHUNK_BITS;

/** Offsets of partitions, a bit each: ten million in a row take 1.2 MB. */
export class OffsetSet {
  readonly #partitions = new Map<number, Map<number, Uint8Array>>();

  add(partition: number, offset: number): void {
    let chunks = this.#partitions.get(partition);
    if (chunks === undefined) this.#partitions.set(partition, (chunks = new Map()));
    const index = Math.floor(offset / CHUNK_OFFSETS);
    let chunk = chunks.get(index);
    if (chunk === undefined) chunks.set(index, (chunk = new Uint8Array(CHUNK_OFFSETS / 8)));
    const bit = offset % CHUNK_OFFSETS;
    chunk[bit >>> 3]! |= 1 << (bit & 7);
  }

  has(partition: number, offset: number): boolean {
    const chunk = this.#partitions.get(partition)?.get(Math.floor(offset / CHUNK_OFFSETS));
    const bit = offset % CHUNK_OFFSETS;
    return chunk !== undefined && (chunk[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }
}
