import {
  LogError,
  type CommittedOffset,
  type LogAdmin,
  type NewTopic,
  type OffsetAt,
  type PartitionOffset,
  type TopicDescription,
  type TopicPartition,
} from '@hiveframe/streams';
import { Backoff, delay } from '../cluster/backoff.ts';
import { Coordinator, firstError } from '../cluster/coordinator.ts';
import { BrokerError, ConnectionFailure } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import { askLeaders } from '../cluster/leaders.ts';
import { toLogError } from '../log-failure.ts';
import type { ApiRequest } from '../protocol/api-request.ts';
import { createTopics, type TopicResult } from '../protocol/create-topics.ts';
import { deleteRecords } from '../protocol/delete-records.ts';
import { deleteTopics } from '../protocol/delete-topics.ts';
import { describeConfigs } from '../protocol/describe-configs.ts';
import { describeGroup } from '../protocol/describe-groups.ts';
import { KafkaCode, TRY_AGAIN } from '../protocol/error-codes.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, listOffsets } from '../protocol/list-offsets.ts';
import { offsetCommit } from '../protocol/offset-commit.ts';
import { offsetFetch } from '../protocol/offset-fetch.ts';

/** Administration over the control connections. */
export class KafkaAdmin implements LogAdmin {
  readonly #cluster: KafkaCluster;

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  async describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#attempt(`Cannot describe ${topics.join(', ')}`, async () => {
      const found = new Map<string, TopicDescription>();
      if (topics.length === 0) return found;
      const answer = await this.#cluster.fetchMetadata(topics);
      const present = answer.topics.filter(({ errorCode, topic }) => isPresent(errorCode, topic));
      if (present.length === 0) return found;
      const configs = await this.#cluster.sendToAny(describeConfigs(present.map(({ topic }) => topic)));
      for (const { topic, errorCode, message, config } of configs) {
        if (errorCode === KafkaCode.UNKNOWN_TOPIC_OR_PARTITION) continue;
        if (errorCode !== KafkaCode.NONE)
          throw new BrokerError(errorCode, message, { apiName: 'DescribeConfigs', resource: topic });
        const { partitions } = present.find((described) => described.topic === topic)!;
        found.set(topic, { numPartitions: partitions.length, config });
      }
      return found;
    });
  }

  async create(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return;
    const names = topics.map(({ topic }) => topic);
    await this.#attempt(`Cannot create ${names.join(', ')}`, async () => {
      const results = await this.#askController(createTopics(topics, this.#cluster.requestTimeoutMs));
      throwFirst('CreateTopics', results, KafkaCode.TOPIC_ALREADY_EXISTS);
    });
    await this.#untilUsable(names);
  }

  async list(): Promise<readonly string[]> {
    return this.#attempt('Cannot list the topics', async () => {
      const { topics } = await this.#cluster.fetchMetadata(null);
      return topics.filter(({ errorCode }) => errorCode === KafkaCode.NONE).map(({ topic }) => topic);
    });
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await this.#attempt(`Cannot delete ${topics.join(', ')}`, async () => {
      const results = await this.#askController(deleteTopics(topics, this.#cluster.requestTimeoutMs));
      throwFirst('DeleteTopics', results, KafkaCode.UNKNOWN_TOPIC_OR_PARTITION);
    });
  }

  async offsets(partitions: readonly TopicPartition[], at: OffsetAt): Promise<readonly PartitionOffset[]> {
    const readCommitted = at === 'lastStable';
    const timestamp =
      typeof at === 'object' ? at.timestampMs : at === 'start' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP;
    return this.#attempt('Cannot list offsets', async () => {
      const listed = await askLeaders(this.#cluster, this.#cluster.control, partitions, (asked) =>
        listOffsets(asked, timestamp, readCommitted),
      );
      const none = listed.filter(({ offset }) => offset < 0);
      // No record at or after the time: everything that will come is, so the end is the answer.
      const ends = none.length > 0 && typeof at === 'object' ? await this.offsets(none, 'end') : [];
      return [...listed.filter(({ offset }) => offset >= 0).map(toOffset), ...ends];
    });
  }

  async committed(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly CommittedOffset[]> {
    if (partitions.length === 0) return [];
    return this.#attempt(`Cannot read the committed offsets of group ${groupId}`, async () => {
      const answer = await this.#group(groupId).call(
        offsetFetch(groupId, partitions),
        ({ errorCode, offsets }) => errorCode || firstError(offsets),
      );
      return answer.offsets
        .filter(({ offset }) => offset >= 0)
        .map((found) => ({ ...toOffset(found), metadata: found.metadata }));
    });
  }

  async deleteRecords(upTo: readonly PartitionOffset[]): Promise<void> {
    await this.#attempt('Cannot delete records', () =>
      askLeaders(this.#cluster, this.#cluster.control, upTo, (asked) =>
        deleteRecords(asked, this.#cluster.requestTimeoutMs),
      ),
    );
  }

  async members(groupId: string): Promise<readonly string[]> {
    return this.#attempt(`Cannot describe group ${groupId}`, async () => {
      const { members } = await this.#group(groupId).call(
        describeGroup(groupId),
        ({ errorCode }) => errorCode,
      );
      return members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost.replace(/^\//, '')}`);
    });
  }

  async resetOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    await this.#attempt(`Cannot reset the offsets of group ${groupId}`, () =>
      this.#group(groupId).call(
        offsetCommit({ groupId, generation: -1, memberId: '', instanceId: null }, offsets),
        firstError,
      ),
    );
  }

  #group(groupId: string): Coordinator {
    return new Coordinator(this.#cluster, this.#cluster.control, 'group', groupId);
  }

  /** Brokers learn of a new topic one after the other: until each partition's leader answers, it is not usable. */
  async #untilUsable(topics: readonly string[]): Promise<void> {
    const untilMs = performance.now() + this.#cluster.requestTimeoutMs;
    const backoff = new Backoff(10, 500);
    for (;;) {
      const answer = await this.#attempt('Cannot read metadata', () => this.#cluster.fetchMetadata(topics));
      const partitions = answer.topics.flatMap(({ topic, partitions: ofTopic }) =>
        ofTopic.map(({ partition, leader }) => ({ topic, partition, leader })),
      );
      const isReady = answer.topics.every((topic) => topic.errorCode === 0 && topic.partitions.length > 0);
      if (isReady && partitions.every(({ leader }) => leader >= 0)) {
        await this.offsets(partitions, 'end');
        return;
      }
      if (performance.now() > untilMs) {
        throw new LogError(
          { kind: 'unavailable' },
          `Created ${topics.join(', ')}, but they have no leader yet.`,
        );
      }
      await delay(backoff.next());
    }
  }

  /** In KRaft any broker takes it to the controller; before, only the controller itself answers. */
  async #askController<Answer extends readonly TopicResult[]>(request: ApiRequest<Answer>): Promise<Answer> {
    const { metadata, control } = this.#cluster;
    if (metadata.controllerId < 0 || !metadata.address(metadata.controllerId)) {
      await this.#cluster.fetchMetadata([]);
    }
    const answer = await control.send(metadata.controllerId, request);
    if (answer.some(({ errorCode }) => errorCode === KafkaCode.NOT_CONTROLLER)) {
      await this.#cluster.fetchMetadata([]);
      throw new BrokerError(KafkaCode.NOT_CONTROLLER);
    }
    return answer;
  }

  async #attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + this.#cluster.requestTimeoutMs;
    const backoff = new Backoff(50, 1_000);
    for (;;) {
      try {
        return await action();
      } catch (error) {
        const passing =
          error instanceof ConnectionFailure || (error instanceof BrokerError && TRY_AGAIN.has(error.code));
        if (!passing || this.#cluster.isClosed || performance.now() > untilMs) throw toLogError(error, what);
        await delay(backoff.next());
      }
    }
  }
}

function isPresent(errorCode: number, topic: string): boolean {
  if (errorCode === KafkaCode.UNKNOWN_TOPIC_OR_PARTITION) return false;
  if (errorCode === KafkaCode.NONE || errorCode === KafkaCode.LEADER_NOT_AVAILABLE) return true;
  throw new BrokerError(errorCode, topic, { apiName: 'Metadata', resource: topic });
}

function throwFirst(apiName: string, results: readonly TopicResult[], fine: number): void {
  const bad = results.find(({ errorCode }) => errorCode !== KafkaCode.NONE && errorCode !== fine);
  if (bad) throw new BrokerError(bad.errorCode, bad.message ?? bad.topic, { apiName, resource: bad.topic });
}

function toOffset({ topic, partition, offset }: PartitionOffset): PartitionOffset {
  return { topic, partition, offset };
}
