/** The topics of a log, in memory as in the database. Everything that changes them runs as a write of the queue. */
import { ConfigError, type NewTopic, type PartitionOffset, type TopicPartition } from '@hiveframe/streams';
import { offsetOutOfRange, unknownTopic } from '../log-failures.ts';
import type { Storage } from '../storage/storage.ts';
import type { Partition } from './partition.ts';
import { Topic } from './topic.ts';

/** Kafka's rule for names. */
const LEGAL_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
const MAX_PARTITIONS = 10_000;

export class Topics {
  readonly #storage: Storage;
  readonly #defaultMaxBatchBytes: number;
  #topics = new Map<string, Topic>();

  constructor(storage: Storage, defaultMaxBatchBytes: number) {
    this.#storage = storage;
    this.#defaultMaxBatchBytes = defaultMaxBatchBytes;
  }

  get names(): readonly string[] {
    return [...this.#topics.keys()];
  }
  find(name: string): Topic | undefined {
    return this.#topics.get(name);
  }
  /** @throws LogError `unknownTopic` */
  partition({ topic, partition }: TopicPartition): Partition {
    const found = this.#topics.get(topic);
    if (found === undefined) throw unknownTopic(topic);
    return found.partition(partition);
  }

  /** Gives the names of those that did not exist. */
  create(wanted: readonly NewTopic[]): string[] {
    const created: string[] = [];
    for (const { topic, numPartitions, config } of wanted) {
      if (this.#topics.has(topic)) continue;
      const stored = this.#storage.topics.insert(topic, numPartitions, config ?? {});
      const added = new Topic(stored, this.#defaultMaxBatchBytes);
      this.#topics.set(topic, added);
      created.push(topic);
    }
    return created;
  }

  delete(names: readonly string[]): void {
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic === undefined) continue;
      this.#storage.topics.delete(topic.id);
      topic.deleted = true;
      this.#topics.delete(name);
    }
  }

  /** Removes records before each offset; those of open transactions too, which are then gone whatever its end. */
  deleteRecords(upTo: readonly PartitionOffset[]): void {
    const found = upTo.map((at) => ({ partition: this.partition(at), offset: at.offset }));
    for (const { partition, offset } of found)
      if (offset < 0 || offset > partition.endOffset)
        throw offsetOutOfRange(partition, offset, partition.startOffset, partition.endOffset);
    for (const { partition, offset } of found) {
      partition.moveStart(offset);
      this.#storage.topics.setStartOffset(partition.id, partition.startOffset);
      this.#storage.topics.setEndOffset(partition.id, partition.endOffset);
      this.#storage.batches.deleteBefore(partition.id, partition.startOffset);
    }
  }

  /** Takes over what the database says. Known topics keep their objects: readers hold them. */
  restore(): void {
    const restored = new Map<string, Topic>();
    for (const stored of this.#storage.topics.all()) {
      const known = this.#topics.get(stored.name);
      const topic = known?.id === stored.id ? known : new Topic(stored, this.#defaultMaxBatchBytes);
      for (const { id, number, startOffset, endOffset } of stored.partitions) {
        const last = Math.max(endOffset, this.#storage.batches.lastOffset(id));
        topic.partition(number).restore(startOffset, last);
      }
      restored.set(topic.name, topic);
    }
    for (const topic of this.#topics.values()) topic.deleted = restored.get(topic.name) !== topic;
    this.#topics = restored;
  }
}

/** @throws ConfigError naming every topic that cannot be */
export function checkNewTopics(topics: readonly NewTopic[]): void {
  const faults: string[] = [];
  for (const { topic, numPartitions } of topics) {
    if (!LEGAL_NAME.test(topic))
      faults.push(`${JSON.stringify(topic)} is no topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'`);
    if (!Number.isInteger(numPartitions) || numPartitions < 1 || numPartitions > MAX_PARTITIONS)
      faults.push(`${topic} cannot have ${numPartitions} partitions: 1 to ${MAX_PARTITIONS}`);
  }
  if (faults.length > 0) throw new ConfigError(`Cannot create topics: ${faults.join('; ')}.`);
}
