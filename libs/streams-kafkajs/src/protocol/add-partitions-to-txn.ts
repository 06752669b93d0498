import { byTopic, type ApiRequest } from './api-request.ts';
import { writeOwner, type TransactionOwner } from './transaction-owner.ts';

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
export interface AddedPartition extends TopicPartition {
  readonly errorCode: number;
}

/** AddPartitionsToTxn v3 (newer versions are between brokers): owner, [topic, [partition i32]]
 *  → throttle, [topic, [partition i32, error i16]]. */
export function addPartitionsToTxn(
  owner: TransactionOwner,
  partitions: readonly TopicPartition[],
): ApiRequest<readonly AddedPartition[]> {
  return {
    apiKey: 24,
    apiName: 'AddPartitionsToTxn',
    minVersion: 3,
    maxVersion: 3,
    encode: (writer) => {
      writeOwner(writer, owner);
      writer.array(byTopic(partitions), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => writer.int32(at.partition)).tags();
      });
      writer.tags();
    },
    decode: (reader) => {
      reader.throttle();
      const added: AddedPartition[] = [];
      reader.array(() => {
        const topic = reader.string();
        reader.array(() => {
          added.push({ topic, partition: reader.int32(), errorCode: reader.int16() });
          reader.tags();
        });
        reader.tags();
      });
      return added;
    },
  };
}
