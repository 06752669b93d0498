import {
  RecordCursor,
  type CommittedOffset,
  type LogAdmin,
  type NewTopic,
  type OffsetAt,
  type PartitionOffset,
  type TopicDescription,
  type TopicPartition,
} from '@hiveframe/streams';
import type { Broker } from '../broker/broker.ts';
import type { Partition } from '../broker/partition.ts';
import type { SharedBroker } from '../broker/shared-broker.ts';
import { checkNewTopics } from '../broker/topics.ts';
import { recordBatch } from './record-batch-of.ts';

export class EmbeddedAdmin implements LogAdmin {
  readonly #shared: SharedBroker;

  constructor(shared: SharedBroker) {
    this.#shared = shared;
  }

  async list(): Promise<readonly string[]> {
    return this.#soundBroker().topics.names;
  }

  async describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    const broker = this.#soundBroker();
    const described = new Map<string, TopicDescription>();
    for (const name of topics) {
      const topic = broker.topics.find(name);
      if (topic !== undefined)
        described.set(name, { numPartitions: topic.partitions.length, config: topic.config });
    }
    return described;
  }

  async create(topics: readonly NewTopic[]): Promise<void> {
    checkNewTopics(topics);
    await this.#shared.get().createTopics(topics);
  }

  async offsets(partitions: readonly TopicPartition[], at: OffsetAt): Promise<readonly PartitionOffset[]> {
    const broker = this.#soundBroker();
    return partitions.map((asked) => {
      const partition = broker.topics.partition(asked);
      return { topic: asked.topic, partition: asked.partition, offset: offsetAt(broker, partition, at) };
    });
  }

  async committed(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly CommittedOffset[]> {
    return this.#shared.get().committed(groupId, partitions);
  }

  async deleteRecords(upTo: readonly PartitionOffset[]): Promise<void> {
    await this.#shared.get().deleteRecords(upTo);
  }
  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.#shared.get().deleteTopics(topics);
  }

  async members(groupId: string): Promise<readonly string[]> {
    return this.#shared.get().groups.group(groupId).memberIds;
  }
  async resetOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    await this.#shared.get().resetOffsets(groupId, offsets);
  }

  #soundBroker(): Broker {
    const broker = this.#shared.get();
    broker.requireSound();
    return broker;
  }
}

function offsetAt(broker: Broker, partition: Partition, at: OffsetAt): number {
  if (at === 'start') return partition.startOffset;
  if (at === 'end') return partition.endOffset;
  if (at === 'lastStable') return partition.lastStableOffset;
  return firstSince(broker, partition, at.timestampMs) ?? partition.endOffset;
}

/** The first record of that time or later; null when there is none. */
function firstSince(broker: Broker, partition: Partition, timestampMs: number): number | null {
  const cursor = new RecordCursor();
  let from = partition.startOffset;
  for (;;) {
    const stored = broker.storage.batches.firstSince(partition.id, from, timestampMs);
    if (stored === null) return null;
    cursor.reset([recordBatch(stored)], from);
    while (cursor.next()) if (cursor.timestampMs >= timestampMs) return cursor.offset;
    from = stored.endOffset; // its records of that time lie before the start of the log
  }
}
