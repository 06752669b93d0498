/** A member of a group in this process. One loop: join, hold the assignment until the term ends, give up, join again.
 *
 *  M1 Listener calls never overlap. A call that takes longer than the rebalance timeout costs the membership at once (commits are
 *     fenced from then on); `onLost` follows when the call has ended.
 *  M2 `sessionTimeoutMs` and `heartbeatIntervalMs` mean nothing here: a member dies only with its process, and then so does the group.
 *  M3 After `leave` the listener is not called any more. */
import { randomUUID } from 'node:crypto';
import type { CommittedOffset, GroupListener, GroupMember, GroupMemberOptions } from '@hiveframe/streams';
import { LogError, type MemberAssignment, type MemberInfo, type Membership } from '@hiveframe/streams';
import { fenced, unavailable } from '../log-failures.ts';
import type { Group } from './group.ts';
import { MembershipTerm } from './membership-term.ts';
import type { Participant } from './participant.ts';

export type CommitOffsets = (member: Membership, offsets: readonly CommittedOffset[]) => Promise<void>;

export class EmbeddedGroupMember implements GroupMember, Participant {
  readonly #group: Group;
  readonly #options: GroupMemberOptions;
  readonly #listener: GroupListener;
  readonly #commit: CommitOffsets;
  readonly #joined = Promise.withResolvers<void>();
  #memberId = newMemberId();
  #term: MembershipTerm | null = null;
  #running = false;
  #ended = false;

  constructor(group: Group, options: GroupMemberOptions, listener: GroupListener, commit: CommitOffsets) {
    this.#group = group;
    this.#options = options;
    this.#listener = listener;
    this.#commit = commit;
    this.#joined.promise.catch(() => {}); // a member that leaves before it was assigned: nobody may be waiting
  }

  join(): Promise<void> {
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
    return this.#joined.promise;
  }

  membership(): Membership {
    const ended = this.#term?.how ?? null;
    if (this.#term !== null && (ended === null || ended.kind === 'rebalance')) return this.#term.membership;
    throw fenced(`act as a member of group ${this.#group.id}`, 'there is no membership now');
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#commit(this.membership(), offsets);
  }

  rejoin(): void {
    this.#group.leave(this.#memberId);
    this.lose(
      fenced(`keep member ${this.#memberId} in group ${this.#group.id}`, 'it was asked to join anew'),
    );
  }

  async leave(_timeoutMs: number): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#group.leave(this.#memberId);
    this.#term?.end({ kind: 'left' });
    this.#joined.reject(fenced(`join group ${this.#group.id}`, 'the member has left'));
  }

  get memberId(): string {
    return this.#memberId;
  }
  get instanceId(): string | null {
    return this.#options.instanceId ?? null;
  }
  get topics(): readonly string[] {
    return this.#options.topics;
  }
  get rebalanceTimeoutMs(): number {
    return this.#options.rebalanceTimeoutMs;
  }
  memberData(): Uint8Array {
    return this.#listener.memberData();
  }
  assign(members: readonly MemberInfo[], partitionCounts: ReadonlyMap<string, number>) {
    return this.#listener.assign(members, partitionCounts);
  }
  rebalance(deadlineMs: number): void {
    this.#term?.end({ kind: 'rebalance', deadlineMs });
  }
  lose(error: LogError): void {
    this.#term?.end({ kind: 'lost', error });
  }
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const failure = asLogError(this.#group.id, error);
    this.#group.leave(this.#memberId);
    this.#term?.end({ kind: 'left' });
    this.#joined.reject(failure);
    this.#listener.onFailed(failure);
  }

  async #run(): Promise<void> {
    try {
      while (!this.#ended) await this.#live();
    } catch (error) {
      this.fail(error);
    }
  }

  async #live(): Promise<void> {
    const next = await this.#nextTerm();
    if (next === null || this.#ended) return;
    const { term, assignment } = next;
    await this.#listener.onAssigned(assignment.partitions, assignment.data ?? null, term.signal);
    if (!this.#ended) this.#joined.resolve();
    await term.ended;
    if (term.how?.kind === 'rebalance') await this.#listener.onRevoked(term.how.deadlineMs);
    if (term.how?.kind === 'lost') await this.#lost(term.how.error);
    this.#term = null;
  }

  /** The term begins within the group's call: a rebalance may be asked for right after it. */
  #nextTerm(): Promise<{ term: MembershipTerm; assignment: MemberAssignment } | null> {
    return new Promise((resolve) => {
      this.#group.join(this, (next) => {
        if (next === null) return resolve(null);
        const { generation, assignment } = next;
        const { memberId, instanceId } = this;
        const term = new MembershipTerm({ groupId: this.#group.id, generation, memberId, instanceId });
        this.#term = term;
        resolve({ term, assignment });
      });
    });
  }

  async #lost(error: LogError): Promise<void> {
    this.#memberId = newMemberId();
    await this.#listener.onLost(error);
  }
}

function newMemberId(): string {
  return `embedded-${randomUUID()}`;
}

function asLogError(groupId: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return unavailable(`Cannot stay in group ${groupId}: a call of its listener failed (${why}).`, error);
}
