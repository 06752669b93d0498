/** What a test asks of Kafka itself, by kafkajs' admin client: topics, and how far a group has come. */
import { AssignerProtocol, Kafka, logLevel, type Admin, type KafkaConfig } from 'kafkajs';
import { eventually } from './eventually.ts';
import { KEEPS_OLD_RECORDS } from './topic-config.ts';

/** Offsets summed over the partitions of a topic. */
export interface Progress {
  readonly committed: number;
  readonly end: number;
}

/** How far a group has come in one partition. */
export interface PartitionProgress extends Progress {
  readonly partition: number;
}

export interface WaitOptions {
  /** @defaultValue all there are */
  readonly records?: number;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Asked between looks; throws when waiting makes no more sense. */
  readonly check?: () => void;
  /** Sees every look: for measurements. */
  readonly onProgress?: (progress: Progress) => void;
}

export class Cluster {
  readonly brokers: string;
  #admin: Admin;

  private constructor(brokers: string, admin: Admin) {
    this.brokers = brokers;
    this.#admin = admin;
  }

  static async connect(brokers: string, config: Partial<KafkaConfig> = {}): Promise<Cluster> {
    const kafka = new Kafka({
      clientId: 'tests',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 10 },
      ...config,
    });
    const admin = kafka.admin();
    await admin.connect();
    return new Cluster(brokers, admin);
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }

  async createTopic(
    topic: string,
    numPartitions: number,
    config: Record<string, string> = {},
  ): Promise<void> {
    const configEntries = Object.entries({ ...KEEPS_OLD_RECORDS, ...config }).map(([name, value]) => ({
      name,
      value,
    }));
    await this.#admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: false,
    });
    await untilSettled(() => this.#admin.fetchTopicOffsets(topic)); // its partitions have leaders now
  }

  /** Removes every topic and the group whose name begins with `prefix`. */
  async removeAll(prefix: string): Promise<void> {
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length > 0) await this.#admin.deleteTopics({ topics });
    const { groups } = await this.#admin.listGroups();
    const groupIds = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(prefix));
    if (groupIds.length > 0) await this.#admin.deleteGroups(groupIds).catch(() => undefined); // still has members
  }

  async progress(groupId: string, topic: string): Promise<Progress> {
    const partitions = await this.progressByPartition(groupId, topic);
    return {
      end: partitions.reduce((sum, { end }) => sum + end, 0),
      committed: partitions.reduce((sum, { committed }) => sum + committed, 0),
    };
  }

  async progressByPartition(groupId: string, topic: string): Promise<readonly PartitionProgress[]> {
    const [ends, groups] = await Promise.all([
      this.#admin.fetchTopicOffsets(topic),
      untilSettled(() => this.#admin.fetchOffsets({ groupId, topics: [topic] })),
    ]);
    const committed = new Map(
      groups[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    );
    return ends.map(({ partition, high }) => ({
      partition,
      end: Number(high),
      committed: Math.max(0, committed.get(partition) ?? 0), // -1: nothing committed yet
    }));
  }

  async numMembers(groupId: string): Promise<number> {
    const { groups } = await this.#admin.describeGroups([groupId]);
    return groups.reduce((sum, { members }) => sum + members.length, 0);
  }

  /** By which address a member of the group has each partition of the topic; those that nobody has now are left out. */
  async ownersOf(groupId: string, topic: string): Promise<ReadonlyMap<number, string>> {
    const { groups } = await this.#admin.describeGroups([groupId]);
    const members = groups.flatMap((group) => group.members);
    return new Map(
      members.flatMap(({ clientHost, memberAssignment }) => {
        const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment);
        const partitions = decoded?.assignment[topic] ?? [];
        return partitions.map((partition) => [partition, clientHost.replace(/^\//, '')] as const);
      }),
    );
  }

  /** Waits until the group has committed the whole topic, or the number of records asked for. */
  waitForCommitted(groupId: string, topic: string, options: WaitOptions): Promise<Progress> {
    const { records, check, onProgress, ...times } = options;
    return eventually(
      `${groupId} commits ${records ?? 'all'} of ${topic}`,
      async () => {
        check?.();
        const progress = await this.progress(groupId, topic);
        onProgress?.(progress);
        return progress.committed >= (records ?? progress.end) && progress;
      },
      times,
    );
  }
}

/** Repeats a call while Kafka says that it is to be repeated, as on a broker whose coordinator moves or has just been made:
 *  kafkajs leaves that to the caller here. */
function untilSettled<T>(call: () => Promise<T>): Promise<T> {
  return eventually('Kafka settles', () =>
    call().catch((error: { retriable?: boolean }) => {
      if (error.retriable === true) return undefined;
      throw error;
    }),
  );
}
