/** The life of a group member, as the adapters live it: join, hold the assignment, give it up, join again.
 *  M1 Listener calls never overlap; heartbeats go on while they run.
 *  M2 Who had no answer to a heartbeat for the session timeout is out, whatever the coordinator will say. */
import {
  LogError,
  type CommittedOffset,
  type GroupListener,
  type GroupMember,
  type GroupMemberOptions,
  type MemberAssignment,
  type Membership,
} from '@hiveframe/streams';
import { fenced, unavailable } from '../cluster/failures.ts';
import { GroupRefusal, type Joined } from '../cluster/group-coordinator.ts';
import type { Lane } from '../kernel/network.ts';
import type { Connection } from './connection.ts';
import { GroupTerm } from './group-term.ts';

const RETRY_PAUSE_MS = 20;
/** Of the rebalance timeout, for giving up tasks. */
const REVOKE_SHARE = 0.8;

export class SimulatedGroupMember implements GroupMember {
  readonly #connection: Connection;
  readonly #options: GroupMemberOptions;
  readonly #listener: GroupListener;
  readonly #joined = Promise.withResolvers<void>();
  readonly #left = new AbortController();
  /** Commits of one member are executed in the order they were sent, late ones too: it has one connection. */
  readonly #lane: Lane = { lastMs: 0 };
  #memberId = '';
  #isJoining = false;
  #term: GroupTerm | null = null;
  /** Something was assigned, and neither revoked nor lost. */
  #holds = false;

  constructor(connection: Connection, options: GroupMemberOptions, listener: GroupListener) {
    this.#connection = connection;
    this.#options = options;
    this.#listener = listener;
    this.#joined.promise.catch(() => {}); // whoever joins hears of it
  }

  join(): Promise<void> {
    if (!this.#isJoining) void this.#live();
    this.#isJoining = true;
    return this.#joined.promise;
  }

  membership(): Membership {
    if (this.#term !== null && this.#term.lostBy === null) return this.#term.membership;
    throw fenced(`this process is not a member of ${this.#options.groupId} now`);
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const membership = this.membership();
    const sent = { memberId: membership.memberId, isAnswered: false };
    await this.#connection.request(
      'commitOffsets',
      (cluster) => cluster.commitOffsets(membership, offsets, sent),
      { lane: this.#lane },
    );
    sent.isAnswered = true;
  }

  rejoin(): void {
    this.#term?.lose(fenced('the membership was given up'));
  }

  async leave(_timeoutMs: number): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    this.#term?.end();
    this.#term = null;
    this.#joined.reject(unavailable('join: the member has left'));
    const { groupId } = this.#options;
    await this.#connection
      .ask('leave', (cluster) => cluster.group(groupId).remove(this.#memberId))
      .catch(() => {}); // its session will end
  }

  get #hasLeft(): boolean {
    return this.#left.signal.aborted;
  }

  async #live(): Promise<void> {
    try {
      while (!this.#hasLeft) {
        const term = await this.#nextTerm();
        if (term !== null) await this.#hold(term);
      }
    } catch (error) {
      if (this.#hasLeft) return;
      const failure = error instanceof LogError ? error : unavailable(`stay in the group: ${String(error)}`);
      this.#joined.reject(failure);
      this.#listener.onFailed(failure);
      await this.leave(0);
    }
  }

  async #nextTerm(): Promise<{ term: GroupTerm; assignment: MemberAssignment } | null> {
    while (!this.#hasLeft) {
      try {
        return await this.#joinOnce();
      } catch (error) {
        if (this.#hasLeft) return null;
        await this.#joinFailed(error);
        await this.#connection.process.delay(RETRY_PAUSE_MS, this.#left.signal);
      }
    }
    return null;
  }

  async #joinFailed(error: unknown): Promise<void> {
    if (!(error instanceof GroupRefusal) || error.kind === 'rebalancing') return;
    if (error.kind === 'unknownMember') this.#memberId = '';
    await this.#lose(fenced(error.message));
  }

  async #joinOnce(): Promise<{ term: GroupTerm; assignment: MemberAssignment }> {
    const { groupId, rebalanceTimeoutMs } = this.#options;
    const waits = { giveUpMs: 2 * rebalanceTimeoutMs };
    const request = {
      ...this.#options,
      memberId: this.#memberId,
      clientName: this.#connection.process.name,
      data: this.#listener.memberData(),
    };
    const joined = await this.#connection.ask(
      'join',
      (cluster) => cluster.group(groupId).join(request),
      waits,
    );
    this.#memberId = joined.memberId;
    const { memberId, generation } = joined;
    const assignments = await this.#assign(joined);
    const heardAtMs = this.#connection.process.time.nowMs;
    const assignment = await this.#connection.ask(
      'sync',
      (cluster) => cluster.group(groupId).sync(memberId, generation, assignments),
      waits,
    );
    const membership = { groupId, generation, memberId, instanceId: null };
    return { term: new GroupTerm(this.#connection, membership, this.#options, heardAtMs), assignment };
  }

  async #assign({ members }: Joined): Promise<ReadonlyMap<string, MemberAssignment> | null> {
    if (members === null) return null;
    const described = await this.#connection.ask('describe', (cluster) =>
      cluster.describe(this.#options.topics),
    );
    const counts = new Map(Array.from(described, ([topic, { numPartitions }]) => [topic, numPartitions]));
    return this.#listener.assign(members, counts);
  }

  async #hold({ term, assignment }: { term: GroupTerm; assignment: MemberAssignment }): Promise<void> {
    if (this.#hasLeft) return;
    this.#term = term;
    term.start();
    this.#holds = true;
    await this.#listener.onAssigned(assignment.partitions, assignment.data ?? null, term.signal);
    if (!term.signal.aborted) this.#joined.resolve();
    await term.change();
    if (this.#hasLeft) return;
    if (term.lostBy === null) await this.#revoke();
    term.end();
    this.#term = null;
    if (term.lostBy === null || this.#hasLeft) return;
    if (term.isUnknown) this.#memberId = '';
    await this.#lose(term.lostBy);
  }

  async #revoke(): Promise<void> {
    const { rebalanceTimeoutMs } = this.#options;
    await this.#listener.onRevoked(this.#connection.process.time.nowMs + rebalanceTimeoutMs * REVOKE_SHARE);
  }

  async #lose(error: LogError): Promise<void> {
    if (!this.#holds) return;
    this.#holds = false;
    await this.#listener.onLost(error);
  }
}
