/** A record as it goes into a batch: encoded, its partition chosen. */
import {
  LogError,
  partitionFor,
  TimestampError,
  windowedPartitioner,
  type Bytes,
  type Headers,
  type LogPort,
  type Partitioner,
  type Serde,
  type SerdeContext,
  type StreamRecord,
  type Topic,
} from '@hiveframe/streams';

/** What must be known of a topic to write it. */
export type TargetTopic<K, V> = Pick<Topic<K, V>, 'name' | 'key' | 'value'>;

export interface EncodedRecord {
  /** null: records without a key go anywhere. */
  readonly partition: number | null;
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly timestampMs: number;
  readonly headers: Headers | undefined;
  /** About what it takes in a batch. */
  readonly sizeBytes: number;
}

/** What a broker takes when the topic says nothing (Kafka's `max.message.bytes`). */
const DEFAULT_MAX_RECORD_BYTES = 1_048_588;
/** Of one record, beside key, value and headers; and of the batch around it. */
const FRAMING_BYTES = 128;

/** Encodes records for one topic, and partitions them as `to` of the engine does. */
export class TopicEncoder<K, V> {
  readonly topic: string;
  readonly numPartitions: number;
  readonly maxRecordBytes: number;
  readonly #target: TargetTopic<K, V>;
  readonly #partitioner: Partitioner | null;

  /** @throws LogError `unknownTopic` when there is no such topic */
  static async open<K, V>(log: LogPort, topic: TargetTopic<K, V>): Promise<TopicEncoder<K, V>> {
    const found = (await log.admin.describe([topic.name])).get(topic.name);
    if (found === undefined) {
      throw new LogError(
        { kind: 'unknownTopic', topic: topic.name },
        `Cannot write to topic ${topic.name}: it does not exist. Create it first.`,
      );
    }
    await topic.key?.prepare?.(topic.name, 'key');
    await topic.value.prepare?.(topic.name, 'value');
    const maxRecordBytes = Number(found.config['max.message.bytes'] ?? DEFAULT_MAX_RECORD_BYTES);
    return new TopicEncoder(topic, found.numPartitions, maxRecordBytes);
  }

  private constructor(target: TargetTopic<K, V>, numPartitions: number, maxRecordBytes: number) {
    this.#target = target;
    this.topic = target.name;
    this.numPartitions = numPartitions;
    this.maxRecordBytes = maxRecordBytes;
    this.#partitioner = windowedPartitioner(target.key as Serde<unknown> | null);
  }

  /** @throws what the serdes throw; TimestampError for a time that Kafka does not have; LogError `recordTooLarge` */
  encode({ key, value, timestampMs, headers }: StreamRecord<K, V>): EncodedRecord {
    this.#requireTime(timestampMs);
    const keyBytes = this.#keyBytes(key);
    const valueBytes = this.#valueBytes(value);
    const partition = keyBytes === null ? null : this.#partitionOf(key, value, keyBytes);
    const sizeBytes =
      (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0) + headersBytes(headers) + FRAMING_BYTES;
    this.#requireSize(sizeBytes, partition ?? 0);
    return { partition, key: keyBytes, value: valueBytes, timestampMs, headers, sizeBytes };
  }

  #partitionOf(key: K, value: V, keyBytes: Bytes): number {
    const chosen = this.#partitioner?.(key, value, keyBytes, this.numPartitions);
    return chosen ?? partitionFor(keyBytes, this.numPartitions);
  }

  /** null and undefined are written as null (a tombstone), never given to the serde. */
  #keyBytes(key: K): Bytes | null {
    if (key === null || key === undefined || this.#target.key === null) return null;
    return this.#target.key.serialize(key, this.#context('key'));
  }
  #valueBytes(value: V): Bytes | null {
    if (value === null || value === undefined) return null;
    return this.#target.value.serialize(value, this.#context('value'));
  }
  #context(part: SerdeContext['part']): SerdeContext {
    return { topic: this.topic, part, headers: () => [] };
  }

  /** Else the batch could not be written, with all that is in it. */
  #requireTime(timestampMs: number): void {
    if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return;
    throw new TimestampError(
      `Cannot write a record to topic ${this.topic}: timestampMs is ${String(timestampMs)}; it must be a whole number of milliseconds since 1970, 0 or more.`,
    );
  }

  #requireSize(bytes: number, partition: number): void {
    if (bytes <= this.maxRecordBytes) return;
    throw new LogError(
      { kind: 'recordTooLarge', at: { topic: this.topic, partition } },
      `Cannot write a record of ${bytes} bytes to topic ${this.topic}: it takes ${this.maxRecordBytes}. Raise max.message.bytes of the topic, or make the record smaller.`,
    );
  }
}

/** About what they take in a batch: a letter of a name at most three bytes. */
export function headersBytes(headers: Headers = []): number {
  return headers.reduce((sum, [name, value]) => sum + name.length * 3 + (value?.length ?? 0) + 16, 0);
}
