import { RecordBatchWriter, type OutputBatch } from '@hiveframe/streams';
import type { EncodedRecord } from './topic-encoder.ts';

const MAX_BATCH_BYTES = 512 * 1024;

/** Gathers the records of one topic into batches, each partition in the order of the calls. */
export class TopicBatches {
  readonly #topic: string;
  readonly #maxBatchBytes: number;
  readonly #partitions: RecordBatchWriter[];
  #full: OutputBatch[] = [];
  /** Where records without a key go: another partition per batch (KIP-480). */
  #keyless = 0;

  constructor(topic: {
    readonly topic: string;
    readonly numPartitions: number;
    readonly maxRecordBytes: number;
  }) {
    this.#topic = topic.topic;
    this.#maxBatchBytes = Math.min(MAX_BATCH_BYTES, topic.maxRecordBytes);
    this.#partitions = Array.from({ length: topic.numPartitions }, () => new RecordBatchWriter());
  }

  append({ partition, key, value, timestampMs, headers, sizeBytes }: EncodedRecord): void {
    const at = partition ?? this.#keyless;
    const writer = this.#partitions[at]!;
    if (writer.count > 0 && writer.sizeBytes + sizeBytes > this.#maxBatchBytes) {
      this.#full.push({ topic: this.#topic, partition: at, records: writer.take() });
    }
    writer.append(key, value, timestampMs, headers);
  }

  /** What was gathered since the last time. */
  take(): OutputBatch[] {
    const batches = this.#full;
    this.#full = [];
    for (const [partition, writer] of this.#partitions.entries()) {
      if (writer.count > 0) batches.push({ topic: this.#topic, partition, records: writer.take() });
    }
    this.#keyless = (this.#keyless + 1) % this.#partitions.length;
    return batches;
  }
}
