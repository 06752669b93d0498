import { byTopic } from './api-request.ts';
import type { ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';

export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata?: string;
}
export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

const NO_LEADER_EPOCH = -1;

/** [topic, [partition i32, offset i64, leader_epoch i32, metadata]], of OffsetCommit and TxnOffsetCommit alike. */
export function writeOffsets(writer: ProtocolWriter, offsets: readonly OffsetToCommit[]): void {
  writer.array(byTopic(offsets), (topic) => {
    writer.string(topic.topic);
    writer.array(topic.partitions, (at) => {
      writer.int32(at.partition).int64(at.offset).int32(NO_LEADER_EPOCH);
      writer.string(at.metadata ?? '').tags();
    });
    writer.tags();
  });
}

/** [topic, [partition i32, error i16]]. */
export function readPartitionResults(reader: ProtocolReader): PartitionResult[] {
  const results: PartitionResult[] = [];
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      results.push({ topic, partition: reader.int32(), errorCode: reader.int16() });
      reader.tags();
    });
    reader.tags();
  });
  return results;
}
