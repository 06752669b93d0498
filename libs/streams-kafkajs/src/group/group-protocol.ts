import {
  LogError,
  type GroupListener,
  type GroupMemberOptions,
  type Membership,
  type TopicPartition,
} from '@hiveframe/streams';
import { performance } from 'node:perf_hooks';
import type { ConnectionLane } from '../cluster/connection-lane.ts';
import { Coordinator, firstError } from '../cluster/coordinator.ts';
import { BrokerError } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import {
  decodeAssignment,
  decodeSubscriptionData,
  encodeAssignment,
  encodeSubscription,
} from '../protocol/consumer-protocol.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { heartbeat } from '../protocol/heartbeat.ts';
import { joinGroup, type JoinGroupAnswer } from '../protocol/join-group.ts';
import { leaveGroup } from '../protocol/leave-group.ts';
import { offsetCommit } from '../protocol/offset-commit.ts';
import type { OffsetToCommit } from '../protocol/offset-topics.ts';
import { syncGroup } from '../protocol/sync-group.ts';

/** What a round of joining brought. */
export interface Generation {
  readonly member: Membership;
  readonly partitions: readonly TopicPartition[];
  readonly data: Uint8Array | null;
  /** When the coordinator last heard of us. */
  readonly heardAtMs: number;
}

/** The requests of one group member, without its life cycle. Knows the member id the coordinator gave. */
export class GroupProtocol {
  readonly #cluster: KafkaCluster;
  readonly #options: GroupMemberOptions;
  readonly #listener: Pick<GroupListener, 'memberData' | 'assign'>;
  /** Its own connection: a join is answered only when all members have joined, and blocks what comes behind it. */
  readonly #lane: ConnectionLane;
  readonly #coordinator: Coordinator;
  #memberId = '';

  constructor(
    cluster: KafkaCluster,
    options: GroupMemberOptions,
    listener: Pick<GroupListener, 'memberData' | 'assign'>,
  ) {
    this.#cluster = cluster;
    this.#options = options;
    this.#listener = listener;
    this.#lane = cluster.lane();
    this.#coordinator = new Coordinator(cluster, this.#lane, 'group', options.groupId);
  }

  /** One round: JoinGroup, as leader the assignment, SyncGroup. @throws BrokerError, ConnectionFailure */
  async joinOnce(): Promise<Generation> {
    const joined = await this.#join();
    const { groupId, instanceId = null, protocol, rebalanceTimeoutMs } = this.#options;
    const member = { groupId, generation: joined.generation, memberId: joined.memberId, instanceId };
    const assignments = joined.leaderId === joined.memberId ? await this.#assign(joined) : NOT_LEADER;
    const heardAtMs = performance.now();
    const request = syncGroup(member, protocol, assignments, rebalanceTimeoutMs);
    const { assignment } = await this.#coordinator.once(request, errorCodeOf);
    return { member, ...decodeAssignment(assignment), heardAtMs };
  }

  heartbeat(member: Membership): Promise<unknown> {
    return this.#coordinator.once(heartbeat(member), errorCodeOf);
  }

  async commit(member: Membership, offsets: readonly OffsetToCommit[]): Promise<void> {
    await this.#coordinator.call(offsetCommit(member, offsets), firstError);
  }

  /** Over the shared connections: the own one may be waiting for a join. A static member keeps its place until its session
   *  times out (KIP-345), so that a restart moves nothing. */
  async leave(timeoutMs: number): Promise<void> {
    const memberId = this.#memberId;
    const { groupId, instanceId } = this.#options;
    if (memberId === '' || instanceId !== undefined) return;
    const shared = new Coordinator(this.#cluster, this.#cluster.control, 'group', groupId);
    await shared.call(leaveGroup(groupId, memberId), errorCodeOf, { retryMs: timeoutMs });
  }

  /** The next join is a stranger's. */
  forgetMember(): void {
    this.#memberId = '';
  }
  mayPass(error: unknown): boolean {
    return this.#coordinator.mayPass(error);
  }
  close(): void {
    this.#lane.close();
  }

  async #join(): Promise<JoinGroupAnswer> {
    const { instanceId = null, topics } = this.#options;
    const metadata = encodeSubscription(topics, this.#listener.memberData());
    const ask = (): Promise<JoinGroupAnswer> =>
      this.#coordinator.once(
        joinGroup({ ...this.#options, instanceId, memberId: this.#memberId, metadata }),
        (answer) => {
          // The coordinator wants strangers to come back with the id it gives them (KIP-394).
          if (answer.errorCode === KafkaCode.MEMBER_ID_REQUIRED) this.#memberId = answer.memberId;
          return answer.errorCode;
        },
      );
    const answer = await ask().catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === KafkaCode.MEMBER_ID_REQUIRED) return ask();
      throw error;
    });
    this.#memberId = answer.memberId;
    return answer;
  }

  async #assign(joined: JoinGroupAnswer): Promise<ReadonlyMap<string, Uint8Array>> {
    const { topics } = this.#options;
    const answer = await this.#cluster.fetchMetadata(topics);
    const counts = new Map<string, number>();
    for (const { topic, partitions } of answer.topics)
      if (partitions.length > 0) counts.set(topic, partitions.length);
    const members = joined.members.map(({ memberId, instanceId, metadata }) => ({
      memberId,
      instanceId,
      data: decodeSubscriptionData(metadata),
    }));
    const assigned = this.#listener.assign(members, counts);
    return new Map([...assigned].map(([memberId, one]) => [memberId, encodeAssignment(one)]));
  }
}

const NOT_LEADER: ReadonlyMap<string, Uint8Array> = new Map();

function errorCodeOf(answer: { readonly errorCode: number }): number {
  return answer.errorCode;
}

export function leftGroup(groupId: string): LogError {
  return new LogError(
    { kind: 'unavailable' },
    `Left group ${groupId} before the first assignment was taken.`,
  );
}
