import type { FetchedRecords, TopicPartition } from '@hiveframe/streams';

/** One partition being read, from one `assign` to the next: where the next fetch starts and what was read ahead. */
export class PartitionFetch implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next fetch. */
  position: number;
  paused = false;
  inFlight = false;
  /** Cannot go on until assigned again; the poll has told why. */
  failed = false;
  /** Pauses that are not over yet, before another try. */
  pauses = 0;
  /** Fetches in a row whose first batch was damaged. */
  damaged = 0;
  /** When the last fetch was sent to which the leader said that there is nothing more (`performance.now()`). */
  caughtUpAtMs = -Infinity;
  #chunks: FetchedRecords[] = [];
  #bufferedBytes = 0;

  constructor(at: TopicPartition, fromOffset: number) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.position = fromOffset;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }
  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  push(chunk: FetchedRecords): void {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.sizeBytes;
  }

  /** The oldest chunks as one, about `maxBytes` of them. */
  take(maxBytes: number): FetchedRecords | null {
    const first = this.#chunks.shift();
    if (!first) return null;
    let taken = first;
    while (taken.sizeBytes < maxBytes && this.#chunks.length > 0 && continues(taken, this.#chunks[0]!)) {
      taken = joined(taken, this.#chunks.shift()!);
    }
    this.#bufferedBytes -= taken.sizeBytes;
    return taken;
  }
}

/** `fromOffset` holds for the first chunk only, so a chunk whose first batch begins before it is given apart. */
function continues(taken: FetchedRecords, next: FetchedRecords): boolean {
  const first = next.batches[0];
  return first === undefined || first.baseOffset >= taken.nextOffset;
}

function joined(a: FetchedRecords, b: FetchedRecords): FetchedRecords {
  return {
    ...b,
    batches: a.batches.length === 0 ? b.batches : [...a.batches, ...b.batches],
    fromOffset: a.fromOffset,
    sizeBytes: a.sizeBytes + b.sizeBytes,
  };
}
