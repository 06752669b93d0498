/** Writes single records to a topic, in batches: while one batch is on its way the next one gathers.
 *  T1 Records of one partition keep the order of the calls.
 *  T2 A failed batch is given up as a whole: every `flush` that waits for it rejects, and who wrote it writes it again. */
import type { LogPort, LogWriter, StreamRecord } from '@hiveframe/streams';
import { TopicBatches } from './topic-batches.ts';
import { TopicEncoder, type TargetTopic } from './topic-encoder.ts';

/** One topic, written record by record. Its callers are one task or source each, or whoever emits. */
export class TopicWriter<K, V> {
  readonly #encoder: TopicEncoder<K, V>;
  readonly #batches: TopicBatches;
  readonly #writer: LogWriter;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** @throws LogError `unknownTopic` when there is no such topic */
  static async open<K, V>(log: LogPort, topic: TargetTopic<K, V>): Promise<TopicWriter<K, V>> {
    return new TopicWriter(await TopicEncoder.open(log, topic), log.writer());
  }

  private constructor(encoder: TopicEncoder<K, V>, writer: LogWriter) {
    this.#encoder = encoder;
    this.#batches = new TopicBatches(encoder);
    this.#writer = writer;
  }

  /** Resolves when the record is acknowledged. */
  async write(record: StreamRecord<K, V>): Promise<void> {
    this.append(record);
    return this.flush();
  }

  /** Gathers the record for the next `flush`. @throws what `TopicEncoder.encode` throws */
  append(record: StreamRecord<K, V>): void {
    this.#batches.append(this.#encoder.encode(record));
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
    const batches = this.#batches.take();
    if (batches.length > 0) await this.#writer.send(batches);
  }
}
