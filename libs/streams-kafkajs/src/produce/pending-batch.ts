import {
  BATCH_HEADER_BYTES,
  sealBatch,
  writeBatchHeader,
  type BatchSeal,
  type EncodedRecords,
} from '@hiveframe/streams';
import type { Codec } from '../compression/codec.ts';

/** One batch on its way: sealed when it is first sent, with the sequence its partition has reached then. */
export class PendingBatch {
  readonly records: EncodedRecords;
  /** `performance.now()` after which it is given up. */
  readonly deadlineMs: number;
  /** The answer to a request with it was lost: the broker may have it. */
  maybeAppended = false;
  readonly resolve: (endOffset: number) => void;
  readonly reject: (error: unknown) => void;
  #compressed: Buffer | null = null;

  constructor(
    records: EncodedRecords,
    deadlineMs: number,
    resolve: (endOffset: number) => void,
    reject: (error: unknown) => void,
  ) {
    this.records = records;
    this.deadlineMs = deadlineMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** The bytes to send. Sealing again with the same sequence gives the same bytes, which is what makes a retry safe. */
  seal(seal: BatchSeal, codec: Codec): Buffer {
    if (codec.id === 0) return sealBatch(this.records, seal);
    this.#compressed ??= this.#compress(codec);
    return writeBatchHeader(this.#compressed, this.records, seal, codec.id);
  }

  #compress(codec: Codec): Buffer {
    const body = codec.compress(this.records.buffer.subarray(BATCH_HEADER_BYTES, this.records.end));
    const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + body.length);
    body.copy(batch, BATCH_HEADER_BYTES);
    return batch;
  }
}
