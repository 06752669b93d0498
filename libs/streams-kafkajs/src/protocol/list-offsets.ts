import { byTopic, type ApiRequest } from './api-request.ts';

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
export interface ListedOffset extends TopicPartition {
  readonly errorCode: number;
  /** -1: no record at or after the time asked for. */
  readonly offset: number;
}

export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;

/** ListOffsets v6: replica_id i32 (-1), isolation i8, [topic, [partition i32, current_leader_epoch i32, timestamp i64]]
 *  → throttle, [topic, [partition i32, error i16, timestamp i64, offset i64, leader_epoch i32]].
 *  The latest offset is the high watermark, under read_committed the last stable offset. */
export function listOffsets(
  partitions: readonly TopicPartition[],
  timestamp: number,
  readCommitted: boolean,
): ApiRequest<readonly ListedOffset[]> {
  return {
    apiKey: 2,
    apiName: 'ListOffsets',
    minVersion: 6,
    maxVersion: 6,
    encode: (writer) => {
      writer.int32(-1).int8(readCommitted ? 1 : 0);
      writer.array(byTopic(partitions), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => writer.int32(at.partition).int32(-1).int64(timestamp).tags());
        writer.tags();
      });
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      const listed: ListedOffset[] = [];
      reader.array(() => {
        const topic = reader.string();
        reader.array(() => {
          const partition = reader.int32();
          const errorCode = reader.int16();
          reader.int64();
          listed.push({ topic, partition, errorCode, offset: reader.int64() });
          reader.int32();
          reader.tags();
        });
        reader.tags();
      });
      return listed;
    },
  };
}
