import type { SegmentId, StoreEntry, StoreReader } from '../../ports/store.ts';
import type { Bytes } from '../../record/record.ts';
import { latin1 } from '../latin1.ts';
import type { PartitionData } from './partition-data.ts';

const ENTRIES_PER_PIECE = 1_000;

/** Reads one partition. Every answer is a copy. */
export class InMemoryStoreReader implements StoreReader {
  readonly #data: () => PartitionData;

  constructor(data: () => PartitionData) {
    this.#data = data;
  }

  async getMany(segment: SegmentId, keys: readonly Bytes[]): Promise<ReadonlyArray<Bytes | null>> {
    const entries = this.#data().segment(segment);
    return keys.map((key) => bytesOf(entries?.get(latin1Of(key))));
  }

  async segments(): Promise<readonly number[]> {
    return this.#data().windowStarts();
  }

  async countEntries(): Promise<number> {
    return this.#data().numEntries;
  }

  /** Entries written between two pieces may be among the later ones. */
  async *scan(segment: SegmentId): AsyncGenerator<readonly StoreEntry[]> {
    let piece: StoreEntry[] = [];
    for (const [key, value] of this.#data().segment(segment) ?? []) {
      piece.push({ key: Buffer.from(key, 'latin1'), value: Buffer.from(value, 'latin1') });
      if (piece.length < ENTRIES_PER_PIECE) continue;
      yield piece;
      piece = [];
    }
    if (piece.length > 0) yield piece;
  }

  async position(): Promise<number | null> {
    return this.#data().offset;
  }
}

function latin1Of(bytes: Bytes): string {
  return latin1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
}

function bytesOf(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text, 'latin1');
}
