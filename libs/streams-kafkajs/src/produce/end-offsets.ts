import type { EndOffsets, OutputBatch, PartitionOffset } from '@hiveframe/streams';

/** One entry per partition written: where its last batch ended. `ends` are in the order of `batches`. */
export function endOffsets(batches: readonly OutputBatch[], ends: readonly number[]): EndOffsets {
  const last = new Map<string, PartitionOffset>();
  for (const [index, { topic, partition }] of batches.entries()) {
    last.set(`${partition} ${topic}`, { topic, partition, offset: ends[index]! });
  }
  return [...last.values()];
}
