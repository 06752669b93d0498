import type { ApiRequest } from './api-request.ts';

export interface TopicConfig {
  readonly topic: string;
  readonly errorCode: number;
  readonly message: string | null;
  readonly config: Readonly<Record<string, string>>;
}

const TOPIC_RESOURCE = 2;

/** DescribeConfigs v4: [resource_type i8, name, config names (null: all)], include_synonyms, include_documentation
 *  → throttle, [error i16, message, resource_type i8, name, [name, value, read_only, source i8, sensitive, synonyms
 *  [name, value, source i8], type i8, documentation]]. */
export function describeConfigs(topics: readonly string[]): ApiRequest<readonly TopicConfig[]> {
  return {
    apiKey: 32,
    apiName: 'DescribeConfigs',
    minVersion: 4,
    maxVersion: 4,
    encode: (writer) => {
      writer.array(topics, (topic) => writer.int8(TOPIC_RESOURCE).string(topic).nullArray().tags());
      writer.boolean(false).boolean(false).tags();
    },
    decode: (reader) => {
      reader.throttle();
      return reader.array(() => {
        const errorCode = reader.int16();
        const message = reader.nullableString();
        reader.int8();
        const topic = reader.string();
        const config: Record<string, string> = {};
        reader.array(() => {
          const name = reader.string();
          const value = reader.nullableString();
          if (value !== null) config[name] = value;
          reader.at += 3;
          reader.array(() => {
            reader.string();
            reader.nullableString();
            reader.int8();
            reader.tags();
          });
          reader.int8();
          reader.nullableString();
          reader.tags();
        });
        reader.tags();
        return { topic, errorCode, message, config };
      });
    },
  };
}
