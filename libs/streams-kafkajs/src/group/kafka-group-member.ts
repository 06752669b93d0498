/** The life of a group member: join, hold the assignment, give it up, join again.
 *  G1 Listener calls never overlap, and heartbeats go on while each of them runs.
 *  G2 `onRevoked` comes before the next join, unless the membership is lost: then only `onLost`.
 *  G3 Whoever was assigned something hears `onRevoked` or `onLost` before the next `onAssigned`.
 *  G4 After `leave` no listener is called. */
import { performance } from 'node:perf_hooks';
import {
  LogError,
  type CommittedOffset,
  type GroupListener,
  type GroupMember,
  type GroupMemberOptions,
  type Membership,
} from '@hiveframe/streams';
import { atMost, Backoff, delay } from '../cluster/backoff.ts';
import { BrokerError, messageOf } from '../cluster/failures.ts';
import type { KafkaCluster } from '../cluster/kafka-cluster.ts';
import { toLogError } from '../log-failure.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { Waiting } from '../cluster/waiting.ts';
import { GroupProtocol, leftGroup, type Generation } from './group-protocol.ts';
import { Heartbeats } from './heartbeats.ts';

/** Part of the rebalance timeout a member may use to give up its tasks; the rest is for the way to the coordinator. */
const REVOKE_SHARE = 0.8;

export class KafkaGroupMember implements GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #listener: GroupListener;
  readonly #cluster: KafkaCluster;
  readonly #protocol: GroupProtocol;
  readonly #leaving = new AbortController();
  readonly #firstAssignment = Promise.withResolvers<void>();
  #isJoining = false;
  #hasJoined = false;
  #current: { readonly member: Membership; readonly heartbeats: Heartbeats } | null = null;
  /** Something was assigned, and neither revoked for good nor lost. */
  #holds = false;

  constructor(cluster: KafkaCluster, options: GroupMemberOptions, listener: GroupListener) {
    this.#cluster = cluster;
    this.#options = options;
    this.#listener = listener;
    this.#protocol = new GroupProtocol(cluster, options, listener);
    this.#firstAssignment.promise.catch(() => {}); // whoever joins hears of it
  }

  join(): Promise<void> {
    if (!this.#isJoining) void this.#live();
    this.#isJoining = true;
    return this.#firstAssignment.promise;
  }

  membership(): Membership {
    const lost = this.#current?.heartbeats.lostBy;
    if (this.#current && !lost) return this.#current.member;
    throw new LogError({ kind: 'fenced' }, `Not a member of group ${this.#options.groupId} now.`, {
      cause: lost,
    });
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    try {
      await this.#protocol.commit(this.membership(), offsets);
    } catch (error) {
      throw toLogError(error, `Cannot commit offsets of group ${this.#options.groupId}`);
    }
  }

  rejoin(): void {
    const why = `The membership of group ${this.#options.groupId} was given up.`;
    this.#current?.heartbeats.lose(new LogError({ kind: 'fenced' }, why));
  }

  async leave(timeoutMs: number): Promise<void> {
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    this.#current?.heartbeats.stop();
    this.#firstAssignment.reject(leftGroup(this.#options.groupId));
    try {
      await atMost(timeoutMs, this.#protocol.leave(timeoutMs));
    } catch (error) {
      this.#log(
        'warn',
        `Cannot leave group ${this.#options.groupId}: ${messageOf(error)}; its session will time out.`,
      );
    } finally {
      this.#protocol.close();
      this.#current = null;
    }
  }

  async #live(): Promise<void> {
    try {
      while (!this.#hasLeft) {
        const generation = await this.#untilMember();
        if (generation) await this.#hold(generation);
      }
    } catch (error) {
      await this.#fail(error);
    }
  }

  get #hasLeft(): boolean {
    return this.#leaving.signal.aborted;
  }

  /** Joins until it is a member; null when it left meanwhile. @throws what will not pass */
  async #untilMember(): Promise<Generation | null> {
    const backoff = new Backoff(50, 1_000);
    const startedMs = performance.now();
    const waiting = new Waiting(this.#cluster.logger, {
      what: `group ${this.#options.groupId} to take this member`,
    });
    while (!this.#hasLeft) {
      try {
        return await this.#protocol.joinOnce();
      } catch (error) {
        if (this.#hasLeft) return null;
        waiting.failed(messageOf(error));
        await this.#joinFailed(error, performance.now() - startedMs);
        if (!isCode(error, KafkaCode.REBALANCE_IN_PROGRESS))
          await delay(backoff.next(), this.#leaving.signal);
      }
    }
    return null;
  }

  async #joinFailed(error: unknown, elapsedMs: number): Promise<void> {
    if (isCode(error, KafkaCode.UNKNOWN_MEMBER_ID)) this.#protocol.forgetMember();
    if (isCode(error, KafkaCode.UNKNOWN_MEMBER_ID) || isCode(error, KafkaCode.ILLEGAL_GENERATION)) {
      return this.#lose(toLogError(error, `Lost the membership of group ${this.#options.groupId}`));
    }
    if (isCode(error, KafkaCode.REBALANCE_IN_PROGRESS)) return;
    if (!this.#protocol.mayPass(error)) throw error;
    // The coordinator has not been reached for a session: others may own what was held.
    if (elapsedMs > this.#options.sessionTimeoutMs + this.#options.rebalanceTimeoutMs) {
      await this.#lose(toLogError(error, `Cannot join group ${this.#options.groupId}`));
    }
  }

  async #hold(generation: Generation): Promise<void> {
    const { member, partitions } = generation;
    const { sessionTimeoutMs, heartbeatIntervalMs: intervalMs } = this.#options;
    const heartbeats = new Heartbeats(() => this.#protocol.heartbeat(member), {
      intervalMs,
      sessionTimeoutMs,
      heardAtMs: generation.heardAtMs,
    });
    this.#current = { member, heartbeats };
    this.#hasJoined = true;
    heartbeats.start();
    this.#log(
      'info',
      `Joined group ${member.groupId}: generation ${member.generation}, ${partitions.length} partitions.`,
    );
    try {
      await this.#assigned(generation, heartbeats);
      await heartbeats.untilChange();
      if (!this.#hasLeft && heartbeats.lostBy === null) await this.#revoke();
    } finally {
      heartbeats.stop();
      this.#current = null;
    }
    if (!this.#hasLeft && heartbeats.lostBy) await this.#lostMembership(heartbeats.lostBy);
  }

  async #assigned({ partitions, data }: Generation, heartbeats: Heartbeats): Promise<void> {
    const moved = new AbortController();
    void heartbeats.untilChange().then(() => moved.abort());
    this.#holds = true;
    try {
      await this.#listener.onAssigned(partitions, data, moved.signal);
    } catch (error) {
      if (!moved.signal.aborted) throw error;
    }
    if (!moved.signal.aborted) this.#firstAssignment.resolve();
  }

  async #revoke(): Promise<void> {
    const budgetMs = (this.#options.rebalanceTimeoutMs - this.#options.heartbeatIntervalMs) * REVOKE_SHARE;
    await this.#listener.onRevoked(Date.now() + Math.max(0, budgetMs));
  }

  async #lostMembership(lostBy: LogError): Promise<void> {
    if (isCode(lostBy.cause, KafkaCode.UNKNOWN_MEMBER_ID)) this.#protocol.forgetMember();
    if (isCode(lostBy.cause, KafkaCode.FENCED_INSTANCE_ID) || lostBy.failure.kind === 'unauthorized')
      throw lostBy;
    await this.#lose(lostBy);
  }

  async #lose(error: LogError): Promise<void> {
    if (!this.#holds || this.#hasLeft) return;
    this.#holds = false;
    await this.#listener.onLost(error); // who tells of it
  }

  /** The group cannot be joined, or a listener threw: nothing here can mend it. Told once, by `onFailed`, which ends what was held. */
  async #fail(error: unknown): Promise<void> {
    if (this.#hasLeft) return;
    const { groupId } = this.#options;
    const failure = toLogError(
      error,
      this.#hasJoined ? `Cannot go on in group ${groupId}` : `Cannot join group ${groupId}`,
    );
    this.#current?.heartbeats.stop();
    this.#current = null;
    this.#holds = false;
    this.#firstAssignment.reject(failure);
    this.#listener.onFailed(failure);
    await this.leave(this.#options.sessionTimeoutMs);
  }

  #log(level: 'info' | 'warn', text: string): void {
    this.#cluster.logger.log(level, text);
  }
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof BrokerError && error.code === code;
}
