import { byTopic, type ApiRequest } from './api-request.ts';

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
export interface FetchedOffset extends TopicPartition {
  readonly errorCode: number;
  /** -1: none is committed. */
  readonly offset: number;
  readonly metadata: string;
}
export interface OffsetFetchAnswer {
  readonly errorCode: number;
  readonly offsets: readonly FetchedOffset[];
}

/** OffsetFetch v7: group_id, [topic, [partition i32]], require_stable
 *  → throttle, [topic, [partition i32, offset i64, leader_epoch i32, metadata, error i16]], error i16.
 *  Stable: a pending transactional offset answers UNSTABLE_OFFSET_COMMIT instead of the older one. */
export function offsetFetch(
  groupId: string,
  partitions: readonly TopicPartition[],
): ApiRequest<OffsetFetchAnswer> {
  return {
    apiKey: 9,
    apiName: 'OffsetFetch',
    minVersion: 7,
    maxVersion: 7,
    encode: (writer) => {
      writer.string(groupId);
      writer.array(byTopic(partitions), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => writer.int32(at.partition)).tags();
      });
      writer.boolean(true).tags();
    },
    decode: (reader) => {
      reader.throttle();
      const offsets: FetchedOffset[] = [];
      reader.array(() => {
        const topic = reader.string();
        reader.array(() => {
          const partition = reader.int32();
          const offset = reader.int64();
          reader.int32();
          offsets.push({ topic, partition, offset, metadata: reader.string(), errorCode: reader.int16() });
          reader.tags();
        });
        reader.tags();
      });
      return { offsets, errorCode: reader.int16() };
    },
  };
}
