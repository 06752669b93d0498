/** The cluster: topics, transactions, groups. Every method is one step, executed at one instant; what lies between asking and
 *  executing, and between executing and hearing of it, is the network's. */
import type {
  CommittedOffset,
  EndOffsets,
  Membership,
  NewTopic,
  OffsetAt,
  OutputBatch,
  PartitionOffset,
  TopicDescription,
  TopicPartition,
} from '@hiveframe/streams';
import type { Random } from '../kernel/random.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import type { Without } from '../mutations/mutation.ts';
import { recordTooLarge, unknownTopic } from './failures.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { GroupOffsets, type OffsetsListener, type SentCommit } from './group-offsets.ts';
import { LogPartition } from './log-partition.ts';
import type { TransactionToken } from './server-transaction.ts';
import { Transactions } from './transactions.ts';

export interface ClusterOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly markerDelayMs: number;
  readonly onOffsets?: OffsetsListener;
  readonly without?: Without;
}

interface Topic {
  readonly partitions: readonly LogPartition[];
  readonly config: Readonly<Record<string, string>>;
}

const DEFAULT_MAX_BATCH_BYTES = 1_048_588;

export class SimulatedCluster {
  readonly offsets: GroupOffsets;
  readonly transactions: Transactions;
  readonly #options: ClusterOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #groups = new Map<string, GroupCoordinator>();
  #watchers = new Set<() => void>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.offsets = new GroupOffsets(options.onOffsets ?? (() => {}));
    this.transactions = new Transactions({
      ...options,
      offsets: this.offsets,
      changed: () => this.#changed(),
    });
  }

  create(topics: readonly NewTopic[]): void {
    for (const { topic, numPartitions, config = {} } of topics) {
      if (this.#topics.has(topic)) continue;
      const partitions = Array.from({ length: numPartitions }, (_, index) => new LogPartition(topic, index));
      this.#topics.set(topic, { partitions, config });
    }
  }
  delete(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic);
  }

  describe(topics: readonly string[]): Map<string, TopicDescription> {
    return new Map(
      topics.flatMap((name): [string, TopicDescription][] => {
        const topic = this.#topics.get(name);
        if (topic === undefined) return [];
        return [[name, { numPartitions: topic.partitions.length, config: topic.config }]];
      }),
    );
  }

  get topicNames(): readonly string[] {
    return [...this.#topics.keys()];
  }
  partitionsOf(topic: string): readonly LogPartition[] {
    return this.#topics.get(topic)?.partitions ?? [];
  }
  /** @throws LogError `unknownTopic` */
  partition({ topic, partition }: TopicPartition): LogPartition {
    const found = this.#topics.get(topic)?.partitions[partition];
    if (found === undefined) throw unknownTopic(topic);
    return found;
  }

  offsetsAt(partitions: readonly TopicPartition[], at: OffsetAt): PartitionOffset[] {
    return partitions.map(({ topic, partition }) => {
      const found = this.partition({ topic, partition });
      return { topic, partition, offset: offsetOf(found, at) };
    });
  }

  deleteRecords(upTo: readonly PartitionOffset[]): void {
    for (const at of upTo) this.partition(at).deleteBefore(at.offset);
  }

  /** All batches or none. */
  append(batches: readonly OutputBatch[]): EndOffsets {
    const partitions = batches.map((batch) => this.#writable(batch));
    for (const [index, partition] of partitions.entries()) partition.append(batches[index]!.records, null);
    this.#changed();
    return endsOf(partitions);
  }

  appendIn(token: TransactionToken, timeoutMs: number, batches: readonly OutputBatch[]): EndOffsets {
    const transaction = this.transactions.use(token, timeoutMs);
    const partitions = batches.map((batch) => this.#writable(batch));
    for (const [index, partition] of partitions.entries()) {
      transaction.partitions.add(partition);
      partition.append(batches[index]!.records, transaction);
    }
    this.#changed();
    return endsOf(partitions);
  }

  addOffsetsIn(
    token: TransactionToken,
    timeoutMs: number,
    member: Membership,
    offsets: readonly CommittedOffset[],
  ): void {
    this.#checkMembership(member);
    const transaction = this.transactions.use(token, timeoutMs);
    this.transactions.addOffsets(transaction, member.groupId, offsets);
  }

  commitOffsets(member: Membership, offsets: readonly CommittedOffset[], sent: SentCommit): void {
    this.#checkMembership(member);
    this.offsets.put(member.groupId, offsets, sent);
  }

  /** @throws LogError `unknownTopic` */
  async committed(groupId: string, partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    for (const at of partitions) this.partition(at);
    if (this.#options.without?.includes('stable offsets') === true)
      return this.offsets.now(groupId, partitions);
    return this.offsets.stable(groupId, partitions);
  }

  group(groupId: string): GroupCoordinator {
    let group = this.#groups.get(groupId);
    if (group === undefined)
      this.#groups.set(groupId, (group = new GroupCoordinator(groupId, this.#options.time)));
    return group;
  }

  /** Resolves when something may have become visible. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.add(resolve));
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = new Set();
    for (const watcher of watchers) watcher();
  }

  #checkMembership(member: Membership): void {
    if (this.#options.without?.includes('generation check') === true) return;
    this.group(member.groupId).checkMembership(member);
  }

  #writable(batch: OutputBatch): LogPartition {
    const partition = this.partition(batch);
    const limit = Number(
      this.#topics.get(batch.topic)!.config['max.message.bytes'] ?? DEFAULT_MAX_BATCH_BYTES,
    );
    if (batch.records.end > limit) throw recordTooLarge({ topic: batch.topic, partition: batch.partition });
    return partition;
  }
}

function offsetOf(partition: LogPartition, at: OffsetAt): number {
  if (at === 'start') return partition.startOffset;
  if (at === 'end') return partition.endOffset;
  if (at === 'lastStable') return partition.lastStableOffset;
  return partition.offsetAt(at.timestampMs);
}

/** Once per partition. */
function endsOf(partitions: readonly LogPartition[]): EndOffsets {
  return [...new Set(partitions)].map(({ topic, partition, endOffset }) => ({
    topic,
    partition,
    offset: endOffset,
  }));
}
