/** Writes single records to a topic, in batches: while one batch is on its way the next one gathers.
 *  T1 Records of one partition keep the order of the calls.
 *  T2 A failed batch is given up as a whole: every `flush` that waits for it rejects, and who wrote it writes it again. */
import {
  LogError,
  partitionFor,
  RecordBatchWriter,
  windowedPartitioner,
  type Bytes,
  type LogPort,
  type LogWriter,
  type OutputBatch,
  type Partitioner,
  type Serde,
  type SerdeContext,
  type StreamRecord,
  type Topic,
} from '@hiveframe/streams';

/** What must be known of a topic to write it. */
export type TargetTopic<K, V> = Pick<Topic<K, V>, 'name' | 'key' | 'value'>;

/** What a broker takes when the topic says nothing (Kafka's `max.message.bytes`). */
const DEFAULT_MAX_RECORD_BYTES = 1_048_588;
const MAX_BATCH_BYTES = 512 * 1024;
/** Of one record, beside key, value and headers; and of the batch around it. */
const FRAMING_BYTES = 128;

/** One topic, written record by record. Its callers are one task or source each, or whoever emits. */
export class TopicWriter<K, V> {
  readonly #topic: TargetTopic<K, V>;
  readonly #writer: LogWriter;
  readonly #maxRecordBytes: number;
  readonly #partitioner: Partitioner | null;
  readonly #partitions: RecordBatchWriter[];
  #full: OutputBatch[] = [];
  /** Where records without a key go: another partition per batch (KIP-480). */
  #keyless = 0;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** @throws LogError `unknownTopic` when there is no such topic */
  static async open<K, V>(log: LogPort, topic: TargetTopic<K, V>): Promise<TopicWriter<K, V>> {
    const found = (await log.admin.describe([topic.name])).get(topic.name);
    if (found === undefined) {
      throw new LogError(
        { kind: 'unknownTopic', topic: topic.name },
        `Cannot write to topic ${topic.name}: it does not exist. Create it first.`,
      );
    }
    const maxRecordBytes = Number(found.config['max.message.bytes'] ?? DEFAULT_MAX_RECORD_BYTES);
    return new TopicWriter(topic, log.writer(), found.numPartitions, maxRecordBytes);
  }

  private constructor(
    topic: TargetTopic<K, V>,
    writer: LogWriter,
    numPartitions: number,
    maxRecordBytes: number,
  ) {
    this.#topic = topic;
    this.#writer = writer;
    this.#maxRecordBytes = maxRecordBytes;
    this.#partitioner = windowedPartitioner(topic.key as Serde<unknown> | null);
    this.#partitions = Array.from({ length: numPartitions }, () => new RecordBatchWriter());
  }

  /** Resolves when the record is acknowledged. */
  async write(record: StreamRecord<K, V>): Promise<void> {
    this.append(record);
    return this.flush();
  }

  /** Gathers the record for the next `flush`. @throws what the serdes throw; LogError `recordTooLarge` */
  append({ key, value, timestampMs, headers }: StreamRecord<K, V>): void {
    const keyBytes = this.#keyBytes(key);
    const valueBytes = this.#valueBytes(value);
    const partition = this.#partitionOf(key, value, keyBytes);
    const bytes = (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0) + FRAMING_BYTES;
    this.#requireSize(bytes, partition);
    const writer = this.#partitions[partition]!;
    if (writer.count > 0 && writer.sizeBytes + bytes > Math.min(MAX_BATCH_BYTES, this.#maxRecordBytes)) {
      this.#full.push({ topic: this.#topic.name, partition, records: writer.take() });
    }
    writer.append(keyBytes, valueBytes, timestampMs, headers);
  }

  /** Resolves when everything appended so far is acknowledged. @throws LogError as `LogWriter.send` */
  flush(): Promise<void> {
    return (this.#next ??= this.#sendAfter(this.#underWay));
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.#writer.close();
  }

  /** Before it sends it lets the caller's turn end, so that what is written in one go goes in one batch. */
  async #sendAfter(former: Promise<void>): Promise<void> {
    await former.catch(() => undefined);
    this.#underWay = this.#next!;
    this.#next = null;
    const batches = this.#take();
    if (batches.length > 0) await this.#writer.send(batches);
  }

  #take(): OutputBatch[] {
    const batches = this.#full;
    this.#full = [];
    for (const [partition, writer] of this.#partitions.entries()) {
      if (writer.count > 0) batches.push({ topic: this.#topic.name, partition, records: writer.take() });
    }
    this.#keyless = (this.#keyless + 1) % this.#partitions.length;
    return batches;
  }

  /** As `to` of the engine partitions. */
  #partitionOf(key: K, value: V, keyBytes: Bytes | null): number {
    const { length } = this.#partitions;
    if (keyBytes === null) return this.#keyless;
    return this.#partitioner?.(key, value, keyBytes, length) ?? partitionFor(keyBytes, length);
  }

  /** null and undefined are written as null (a tombstone), never given to the serde. */
  #keyBytes(key: K): Bytes | null {
    if (key === null || key === undefined || this.#topic.key === null) return null;
    return this.#topic.key.serialize(key, this.#context('key'));
  }
  #valueBytes(value: V): Bytes | null {
    if (value === null || value === undefined) return null;
    return this.#topic.value.serialize(value, this.#context('value'));
  }
  #context(part: SerdeContext['part']): SerdeContext {
    return { topic: this.#topic.name, part, headers: () => [] };
  }

  #requireSize(bytes: number, partition: number): void {
    if (bytes <= this.#maxRecordBytes) return;
    const { name } = this.#topic;
    throw new LogError(
      { kind: 'recordTooLarge', at: { topic: name, partition } },
      `Cannot write a record of ${bytes} bytes to topic ${name}: it takes ${this.#maxRecordBytes}. Raise max.message.bytes of the topic, or make the record smaller.`,
    );
  }
}
