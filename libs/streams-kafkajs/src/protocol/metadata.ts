import type { ApiRequest } from './api-request.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}
export interface MetadataAnswer {
  readonly brokers: readonly (BrokerAddress & { readonly nodeId: number })[];
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}
export interface TopicMetadata {
  readonly topic: string;
  readonly errorCode: number;
  /** In no order; `leader` is -1 where there is none. */
  readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
}

/** Metadata v9: topics [name], allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_…
 *  → throttle, [node_id i32, host, port i32, rack], cluster_id, controller_id i32,
 *    [error i16, name, is_internal, [error i16, partition i32, leader i32, leader_epoch i32, [replica], [isr], [offline]],
 *     authorized_operations i32], cluster_authorized_operations i32.
 *  No topic is ever created by asking. null: all topics. */
export function metadata(topics: readonly string[] | null): ApiRequest<MetadataAnswer> {
  return {
    apiKey: 3,
    apiName: 'Metadata',
    minVersion: 9,
    maxVersion: 9,
    encode: (writer) => {
      if (topics === null) writer.nullArray();
      else writer.array(topics, (topic) => writer.string(topic).tags());
      writer.boolean(false).boolean(false).boolean(false).tags();
    },
    decode: (reader) => {
      reader.throttle();
      const brokers = reader.array(() => {
        const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
        reader.nullableString();
        reader.tags();
        return broker;
      });
      reader.nullableString();
      const controllerId = reader.int32();
      const skipIds = (): unknown => reader.array(() => reader.int32());
      const topicsFound = reader.array((): TopicMetadata => {
        const errorCode = reader.int16();
        const topic = reader.string();
        reader.boolean();
        const partitions = reader.array(() => {
          reader.int16();
          const partition = { partition: reader.int32(), leader: reader.int32() };
          reader.int32();
          skipIds();
          skipIds();
          skipIds();
          reader.tags();
          return partition;
        });
        reader.int32();
        reader.tags();
        return { topic, errorCode, partitions };
      });
      return { brokers, controllerId, topics: topicsFound };
    },
  };
}
