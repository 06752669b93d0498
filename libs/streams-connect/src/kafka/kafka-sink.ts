/** Results to a topic of another log than the application's own. */
import {
  rejectedFor,
  type AtLeastOnceSink,
  type LogPort,
  type RejectedRecord,
  type SinkRecord,
} from '@hiveframe/streams';
import type { TargetTopic } from '../source/topic-encoder.ts';
import { TopicWriter } from '../source/topic-writer.ts';

/** Which topic of which log. */
export interface KafkaSinkOptions<K, V> {
  /** Which log: `kafkajs({ brokers })`. It is the sink's from here on: connected, and closed with it. */
  readonly log: LogPort;
  /** Must exist. Its serdes write key and value. */
  readonly topic: TargetTopic<K, V>;
  /** Names the sink, in topics and messages. @defaultValue `kafka-<topic>` */
  readonly name?: string;
}

const CONNECT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** Writes to another Kafka than the one the application runs on: from the embedded log to Kafka, from one cluster to another.
 *  At least once: after a crash records are written again. On the application's own log it is not needed: `to(topic)` writes in
 *  the same transaction, exactly once. */
export class KafkaSink<K, V> implements AtLeastOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'at_least_once';
  readonly #log: LogPort;
  readonly #topic: TargetTopic<K, V>;
  /** One for all partitions it is fed from; made at the first `open`. */
  #writer: Promise<TopicWriter<K, V>> | null = null;

  constructor({ log, topic, name }: KafkaSinkOptions<K, V>) {
    this.name = name ?? `kafka-${topic.name}`;
    this.#log = log;
    this.#topic = topic;
  }

  /** @throws LogError when the topic does not exist; the next call tries again */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** Rejects what the serdes throw for, and what is larger than the topic takes. */
  async write(batch: readonly SinkRecord<K, V>[]): Promise<readonly RejectedRecord[]> {
    const writer = await this.#opened();
    const rejected: RejectedRecord[] = [];
    for (const record of batch) {
      try {
        writer.append(record);
      } catch (error) {
        rejected.push(rejectedFor(record.offset, error));
      }
    }
    await writer.flush();
    return rejected;
  }

  async close(): Promise<void> {
    const writer = await this.#writer?.catch(() => null);
    await writer?.close();
    this.#writer = null;
    await this.#log.close(CLOSE_TIMEOUT_MS);
  }

  #opened(): Promise<TopicWriter<K, V>> {
    this.#writer ??= this.#connect().catch((error: unknown) => {
      this.#writer = null;
      throw error;
    });
    return this.#writer;
  }

  async #connect(): Promise<TopicWriter<K, V>> {
    await this.#log.connect(AbortSignal.timeout(CONNECT_TIMEOUT_MS));
    return TopicWriter.open(this.#log, this.#topic);
  }
}

/** `new KafkaSink(options)`. */
export function kafkaSink<K, V>(options: KafkaSinkOptions<K, V>): KafkaSink<K, V> {
  return new KafkaSink(options);
}
