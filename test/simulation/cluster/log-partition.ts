/** One partition of the simulated cluster: batches and markers in a row, and what of them is decided.
 *  L1 A transaction is undecided here until its marker is written, which comes after the coordinator's decision.
 *  L2 A marker takes an offset (D38). */
import { BATCH_HEADER_BYTES, RecordCursor, type EncodedRecords, type RecordBatch } from '@hiveframe/streams';
import type { ServerTransaction } from './server-transaction.ts';

export interface StoredBatch {
  readonly baseOffset: number;
  readonly count: number;
  /** null: a marker. */
  readonly records: EncodedRecords | null;
  readonly transaction: ServerTransaction | null;
}

export interface Visible {
  readonly batches: readonly RecordBatch[];
  readonly nextOffset: number;
  readonly sizeBytes: number;
}

export interface ReadBounds {
  readonly committedOnly: boolean;
  readonly maxBatches: number;
  readonly maxBytes: number;
}

/** A decoded record, for whoever looks at the cluster from outside. */
export interface PlainRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
}

export class LogPartition {
  readonly topic: string;
  readonly partition: number;
  startOffset = 0;
  endOffset = 0;
  #batches: StoredBatch[] = [];
  /** First offset of every transaction without a marker. */
  readonly #undecided = new Map<ServerTransaction, number>();

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  append(records: EncodedRecords, transaction: ServerTransaction | null): void {
    if (transaction !== null && !this.#undecided.has(transaction))
      this.#undecided.set(transaction, this.endOffset);
    this.#store(records, records.count, transaction);
  }

  mark(transaction: ServerTransaction): void {
    this.#undecided.delete(transaction);
    this.#store(null, 1, transaction);
  }

  #store(records: EncodedRecords | null, count: number, transaction: ServerTransaction | null): void {
    this.#batches.push({ baseOffset: this.endOffset, count, records, transaction });
    this.endOffset += count;
  }

  get lastStableOffset(): number {
    let stable = this.endOffset;
    for (const first of this.#undecided.values()) stable = Math.min(stable, first);
    return Math.max(stable, this.startOffset);
  }

  endFor(committedOnly: boolean): number {
    return committedOnly ? this.lastStableOffset : this.endOffset;
  }

  read(fromOffset: number, { committedOnly, maxBatches, maxBytes }: ReadBounds): Visible {
    const end = this.endFor(committedOnly);
    const batches: RecordBatch[] = [];
    let sizeBytes = 0;
    for (const stored of this.#from(fromOffset, end)) {
      if (batches.length >= maxBatches || sizeBytes >= maxBytes) {
        return { batches, nextOffset: stored.baseOffset, sizeBytes };
      }
      if (stored.records === null || (committedOnly && stored.transaction?.outcome === 'aborted')) continue;
      batches.push(recordBatch(stored.records, stored.baseOffset));
      sizeBytes += stored.records.end;
    }
    return { batches, nextOffset: end, sizeBytes };
  }

  *#from(offset: number, end: number): Generator<StoredBatch> {
    let at = this.#batches.length;
    while (at > 0 && this.#batches[at - 1]!.baseOffset + this.#batches[at - 1]!.count > offset) at--;
    for (; at < this.#batches.length && this.#batches[at]!.baseOffset < end; at++) yield this.#batches[at]!;
  }

  /** Everything that is committed, whether its marker is written or not. */
  committed(): PlainRecord[] {
    const visible = this.#batches.filter(
      ({ records, transaction }) =>
        records !== null && (transaction === null || transaction.outcome === 'committed'),
    );
    const batches = visible.map(({ records, baseOffset }) => recordBatch(records!, baseOffset));
    return decode(batches, this.startOffset);
  }

  /** Of the last committed record; 0: there is none. */
  get committedEndOffset(): number {
    for (let at = this.#batches.length - 1; at >= 0; at--) {
      const { baseOffset, count, records, transaction } = this.#batches[at]!;
      if (records === null) continue;
      if (transaction === null || transaction.outcome === 'committed') return baseOffset + count;
    }
    return 0;
  }

  /** Whether everything before `offset` is committed or aborted. */
  isDecided(offset: number): boolean {
    for (const [transaction, first] of this.#undecided)
      if (first < offset && transaction.outcome === null) return false;
    return true;
  }

  /** The first record at or after a time; the end if there is none. */
  offsetAt(timestampMs: number): number {
    const all = [...this.#from(this.startOffset, this.endOffset)].filter(({ records }) => records !== null);
    const batches = all.map(({ records, baseOffset }) => recordBatch(records!, baseOffset));
    const found = decode(batches, this.startOffset).find((record) => record.timestampMs >= timestampMs);
    return found?.offset ?? this.endOffset;
  }

  /** Compaction: batches go, the offsets of the others stay. Markers stay too. */
  keep(isKept: (baseOffset: number, count: number) => boolean): void {
    this.#batches = this.#batches.filter(
      ({ baseOffset, count, records }) => records === null || isKept(baseOffset, count),
    );
  }

  deleteBefore(offset: number): void {
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.endOffset));
    this.#batches = this.#batches.filter(({ baseOffset, count }) => baseOffset + count > this.startOffset);
  }
}

function recordBatch(records: EncodedRecords, baseOffset: number): RecordBatch {
  const { buffer, end, count, baseTimestampMs } = records;
  return {
    buffer,
    start: BATCH_HEADER_BYTES,
    end,
    count,
    baseOffset,
    baseTimestampMs,
    logAppendTimeMs: null,
  };
}

function decode(batches: readonly RecordBatch[], fromOffset: number): PlainRecord[] {
  const cursor = new RecordCursor();
  cursor.reset(batches, fromOffset);
  const records: PlainRecord[] = [];
  while (cursor.next()) {
    const { offset, timestampMs } = cursor;
    records.push({ offset, key: cursor.key(), value: cursor.value(), timestampMs });
  }
  return records;
}
