import type { ApiRequest } from './api-request.ts';
import type { TopicResult } from './create-topics.ts';

/** DeleteTopics v4: [name], timeout_ms i32 → throttle, [name, error i16]. */
export function deleteTopics(
  topics: readonly string[],
  timeoutMs: number,
): ApiRequest<readonly TopicResult[]> {
  return {
    apiKey: 20,
    apiName: 'DeleteTopics',
    minVersion: 4,
    maxVersion: 4,
    encode: (writer) => {
      writer.array(topics, (topic) => writer.string(topic));
      writer.int32(timeoutMs).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return reader.array(() => {
        const result = { topic: reader.string(), errorCode: reader.int16(), message: null };
        reader.tags();
        return result;
      });
    },
  };
}
