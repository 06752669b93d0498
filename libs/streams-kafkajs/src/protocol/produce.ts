import { byTopic, type ApiRequest } from './api-request.ts';

export interface ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  /** One sealed record batch: a produce request carries exactly one per partition. */
  readonly batch: Buffer;
}
export interface ProduceOptions {
  readonly transactionalId: string | null;
  /** Adds the partitions to the transaction by the way (KIP-890): needs transaction.version 2. */
  readonly addsPartitions: boolean;
  /** How long the leader may wait for its followers. */
  readonly timeoutMs: number;
}
export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Offset of the batch's first record; -1 where the broker does not tell. */
  readonly baseOffset: number;
  readonly message: string | null;
}

const ACKS_ALL = -1;
const ADDS_PARTITIONS_VERSION = 12;
const ANSWER_GRACE_MS = 5_000;

/** Produce v9–v12: transactional_id, acks i16, timeout_ms i32, [topic, [partition i32, records]]
 *  → [topic, [partition i32, error i16, base_offset i64, log_append_time i64, log_start_offset i64,
 *    [batch_index i32, message], error_message]], throttle. */
export function produce(
  batches: readonly ProduceBatch[],
  options: ProduceOptions,
): ApiRequest<readonly ProducedPartition[]> {
  return {
    apiKey: 0,
    apiName: 'Produce',
    minVersion: options.addsPartitions ? ADDS_PARTITIONS_VERSION : 9,
    maxVersion: options.addsPartitions ? ADDS_PARTITIONS_VERSION : ADDS_PARTITIONS_VERSION - 1,
    timeoutMs: options.timeoutMs + ANSWER_GRACE_MS,
    expectedBytes: batches.reduce((bytes, { batch }) => bytes + batch.length + 300, 300),
    encode: (writer) => {
      writer.string(options.transactionalId).int16(ACKS_ALL).int32(options.timeoutMs);
      writer.array(byTopic(batches), (topic) => {
        writer.string(topic.topic);
        writer.array(topic.partitions, (at) => writer.int32(at.partition).bytes(at.batch).tags());
        writer.tags();
      });
      writer.tags();
    },
    decode: (reader) => {
      const produced: ProducedPartition[] = [];
      reader.array(() => {
        const topic = reader.string();
        reader.array(() => {
          const partition = reader.int32();
          const errorCode = reader.int16();
          const baseOffset = reader.int64();
          reader.at += 16;
          const [recordError] = reader.array(() => {
            reader.int32();
            const text = reader.nullableString();
            reader.tags();
            return text;
          });
          const message = reader.nullableString() ?? recordError ?? null;
          reader.tags();
          produced.push({ topic, partition, errorCode, baseOffset, message });
        });
        reader.tags();
      });
      reader.throttle();
      return produced;
    },
  };
}
