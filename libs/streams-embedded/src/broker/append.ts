/** Writing sealed batches: checked as a whole first, so that a refused send has written nothing. */
import { sealBatch, type BatchSeal, type EndOffsets, type OutputBatch } from '@hiveframe/streams';
import { recordTooLarge } from '../log-failures.ts';
import type { BatchTable } from '../storage/batch-table.ts';
import type { Partition } from './partition.ts';
import type { Topics } from './topics.ts';

/** A batch with its header, all but the base offset, which is not part of the checksum. */
export interface SealedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly count: number;
  readonly maxTimestampMs: number;
}

export function seal(batches: readonly OutputBatch[], batchSeal: BatchSeal): SealedBatch[] {
  return batches
    .filter(({ records }) => records.count > 0)
    .map(({ topic, partition, records }) => ({
      topic,
      partition,
      bytes: sealBatch(records, batchSeal),
      count: records.count,
      maxTimestampMs: records.maxTimestampMs,
    }));
}

export function sizeOf(batches: readonly SealedBatch[]): number {
  return batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
}

/** The partition of each batch. @throws LogError `unknownTopic`, `recordTooLarge` */
export function checkBatches(topics: Topics, batches: readonly SealedBatch[]): Partition[] {
  return batches.map((batch) => {
    const partition = topics.partition(batch);
    if (batch.bytes.length > partition.maxBatchBytes)
      throw recordTooLarge(
        { topic: batch.topic, partition: batch.partition },
        batch.bytes.length,
        partition.maxBatchBytes,
      );
    return partition;
  });
}

/** Gives the batch its offsets and stores it. */
export function appendBatch(table: BatchTable, partition: Partition, batch: SealedBatch): void {
  const baseOffset = partition.allocate(batch.count);
  batch.bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  table.append(partition.id, partition.endOffset, batch.maxTimestampMs, batch.bytes);
}

/** Where each partition ends, once per partition. */
export function endOffsets(partitions: readonly Partition[]): EndOffsets {
  return [...new Set(partitions)].map(({ topic, partition, endOffset }) => ({
    topic,
    partition,
    offset: endOffset,
  }));
}
