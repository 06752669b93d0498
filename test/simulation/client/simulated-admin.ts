import type {
  CommittedOffset,
  LogAdmin,
  NewTopic,
  OffsetAt,
  PartitionOffset,
  TopicDescription,
  TopicPartition,
} from '@hiveframe/streams';
import type { Connection } from './connection.ts';
import { fenced } from '../cluster/failures.ts';

export class SimulatedAdmin implements LogAdmin {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list(): Promise<readonly string[]> {
    return this.#connection.request('describe', (cluster) => cluster.topicNames);
  }
  describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#connection.request('describe', (cluster) => cluster.describe(topics));
  }
  create(topics: readonly NewTopic[]): Promise<void> {
    return this.#connection.request('create', (cluster) => cluster.create(topics));
  }
  offsets(partitions: readonly TopicPartition[], at: OffsetAt): Promise<readonly PartitionOffset[]> {
    return this.#connection.request('offsets', (cluster) => cluster.offsetsAt(partitions, at));
  }
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#connection.request('committed', (cluster) => cluster.committed(groupId, partitions));
  }
  deleteRecords(upTo: readonly PartitionOffset[]): Promise<void> {
    return this.#connection.request('deleteRecords', (cluster) => cluster.deleteRecords(upTo));
  }
  members(groupId: string): Promise<readonly string[]> {
    return this.#connection.request('describe', (cluster) => cluster.group(groupId).memberIds);
  }
  resetOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#connection.request('commitOffsets', (cluster) => {
      if (cluster.group(groupId).memberIds.length > 0) throw fenced(`reset the offsets of group ${groupId}`);
      cluster.offsets.put(groupId, offsets, null);
    });
  }
  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.#connection.request('deleteTopics', (cluster) => cluster.delete(topics));
  }
}
