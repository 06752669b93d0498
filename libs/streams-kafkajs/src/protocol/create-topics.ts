import type { NewTopic } from '@hiveframe/streams';
import type { ApiRequest } from './api-request.ts';

export interface TopicResult {
  readonly topic: string;
  readonly errorCode: number;
  readonly message: string | null;
}

const BROKER_DEFAULT_REPLICATION = -1;

/** CreateTopics v5: [name, num_partitions i32, replication_factor i16, assignments [], [config name, value]], timeout_ms i32,
 *  validate_only → throttle, [name, error i16, message, num_partitions i32, replication_factor i16,
 *  [name, value, read_only, source i8, sensitive]]. */
export function createTopics(
  topics: readonly NewTopic[],
  timeoutMs: number,
): ApiRequest<readonly TopicResult[]> {
  return {
    apiKey: 19,
    apiName: 'CreateTopics',
    minVersion: 5,
    maxVersion: 5,
    encode: (writer) => {
      writer.array(topics, (topic) => {
        writer.string(topic.topic).int32(topic.numPartitions);
        writer.int16(topic.replicationFactor ?? BROKER_DEFAULT_REPLICATION);
        writer.array([], () => {});
        writer.array(Object.entries(topic.config ?? {}), ([name, value]) =>
          writer.string(name).string(value).tags(),
        );
        writer.tags();
      });
      writer.int32(timeoutMs).boolean(false).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return reader.array(() => {
        const result = {
          topic: reader.string(),
          errorCode: reader.int16(),
          message: reader.nullableString(),
        };
        reader.at += 6;
        reader.array(() => {
          reader.string();
          reader.nullableString();
          reader.at += 3;
          reader.tags();
        });
        reader.tags();
        return result;
      });
    },
  };
}
