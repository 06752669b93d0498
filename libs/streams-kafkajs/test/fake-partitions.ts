import {
  BASE_SEQUENCE_AT,
  PRODUCER_EPOCH_AT,
  RECORD_COUNT_AT,
  RecordBatchWriter,
  type OutputBatch,
} from '@hiveframe/streams';
import type { ProtocolReader } from '../src/protocol/protocol-reader.ts';

export interface Appended {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly count: number;
}

/** Reads a Produce request's batches. */
export function batchesIn(body: ProtocolReader): Appended[] {
  const batches: Appended[] = [];
  body.nullableString();
  body.int16();
  body.int32();
  body.array(() => {
    const topic = body.string();
    body.array(() => {
      const partition = body.int32();
      const batch = body.bytes();
      batches.push({
        topic,
        partition,
        epoch: batch.readInt16BE(PRODUCER_EPOCH_AT),
        sequence: batch.readInt32BE(BASE_SEQUENCE_AT),
        count: batch.readInt32BE(RECORD_COUNT_AT),
      });
      body.tags();
    });
    body.tags();
  });
  return batches;
}

/** Appends what is produced to partitions in memory; keeps the requests. */
export class FakePartitions {
  readonly requests: Appended[][] = [];
  readonly #ends = new Map<string, number>();

  /** The answer to Produce: everything is appended, unless `refuse` gives an error code for a batch. */
  answer(refuse: (batch: Appended) => number = () => 0): (body: ProtocolReader) => unknown {
    return (body) => {
      const batches = batchesIn(body);
      this.requests.push(batches);
      return batches.map((batch) => {
        const { topic, partition } = batch;
        const errorCode = refuse(batch);
        const baseOffset = errorCode === 0 ? this.#append(batch) : -1;
        return { topic, partition, errorCode, baseOffset, message: null };
      });
    };
  }

  #append({ topic, partition, count }: Appended): number {
    const key = `${topic}-${partition}`;
    const base = this.#ends.get(key) ?? 0;
    this.#ends.set(key, base + count);
    return base;
  }
}

/** A batch of `count` records. */
export function records(topic: string, partition: number, count = 1): OutputBatch {
  const writer = new RecordBatchWriter();
  for (let index = 0; index < count; index++) writer.append(null, Buffer.from(`${index}`), 1_000);
  return { topic, partition, records: writer.take() };
}
