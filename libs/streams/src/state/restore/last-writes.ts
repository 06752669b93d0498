/** Gathers changelog records for one flush. Of several records for one key only the last is kept: a key that changes with every
 *  commit is written once. Keeps views into the fetched batches until `take`. */
import type { RecordCursor } from '../../record-batch/index.ts';
import type { SegmentId, SegmentWrites } from '../../ports/store.ts';
import { latin1 } from '../latin1.ts';
import { SegmentWriter } from '../segment-writes.ts';
import { changelogKeyEnd, changelogSegment } from '../changelog-codec.ts';

/** Where an entry lies in a fetched batch. */
interface Write {
  buffer: Buffer;
  keyStart: number;
  keyEnd: number;
  /** -1: the key is deleted. */
  valueStart: number;
  valueEnd: number;
}

export class LastWrites {
  readonly #windowed: boolean;
  #segments = new Map<SegmentId, Map<string, Write>>();
  /** Records added since the last `take`. */
  count = 0;
  sizeBytes = 0;

  constructor(windowed: boolean) {
    this.#windowed = windowed;
  }

  /** Adds the record at which the cursor stands. */
  add({ buffer, keyStart, keyEnd: end, valueStart, valueEnd }: RecordCursor): void {
    const keyEnd = changelogKeyEnd(end, this.#windowed);
    const writes = this.#writesOf(changelogSegment(buffer, keyEnd, this.#windowed));
    const key = latin1(buffer, keyStart, keyEnd);
    const earlier = writes.get(key);
    if (earlier === undefined) writes.set(key, { buffer, keyStart, keyEnd, valueStart, valueEnd });
    else {
      earlier.buffer = buffer;
      earlier.keyStart = keyStart;
      earlier.keyEnd = keyEnd;
      earlier.valueStart = valueStart;
      earlier.valueEnd = valueEnd;
    }
    this.count++;
    this.sizeBytes += keyEnd - keyStart + (valueEnd - valueStart);
  }

  take(): SegmentWrites[] {
    const taken = Array.from(this.#segments, ([segment, writes]) => pack(segment, writes.values()));
    this.#segments = new Map();
    this.count = this.sizeBytes = 0;
    return taken;
  }

  #writesOf(segment: SegmentId): Map<string, Write> {
    let writes = this.#segments.get(segment);
    if (writes === undefined) this.#segments.set(segment, (writes = new Map<string, Write>()));
    return writes;
  }
}

function pack(segment: SegmentId, writes: Iterable<Write>): SegmentWrites {
  const writer = new SegmentWriter();
  for (const { buffer, keyStart, keyEnd, valueStart, valueEnd } of writes) {
    writer.appendFrom(buffer, keyStart, keyEnd, valueStart, valueEnd);
  }
  return writer.take(segment);
}
