import { byTopic, type ApiRequest } from './api-request.ts';
import type { PartitionResult } from './offset-topics.ts';

/** DeleteRecords v2: [topic, [partition i32, offset i64]], timeout_ms i32
 *  → throttle, [topic, [partition i32, low_watermark i64, error i16]]. */
export function deleteRecords(
  upTo: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  timeoutMs: number,
): ApiRequest<readonly PartitionResult[]> {
  return {
    apiKey: 21,
    apiName: 'DeleteRecords',
    minVersion: 2,
    maxVersion: 2,
    encode: (writer) => {
      writer.array(byTopic(upTo), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => writer.int32(at.partition).int64(at.offset).tags());
        writer.tags();
      });
      writer.int32(timeoutMs).tags();
    },
    decode: (reader) => {
      reader.throttle();
      const results: PartitionResult[] = [];
      reader.array(() => {
        const topic = reader.string();
        reader.array(() => {
          const partition = reader.int32();
          reader.int64();
          results.push({ topic, partition, errorCode: reader.int16() });
          reader.tags();
        });
        reader.tags();
      });
      return results;
    },
  };
}
