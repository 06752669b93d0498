/** The coordinator of one group: who belongs to it, and how it agrees on an assignment. All members live in this process, so
 *  there are no heartbeats and no session timeouts; what is left is Kafka's eager rebalance (`GroupMetadata.scala`):
 *
 *  stable ──join, leave, new topic──► preparing ──all have joined, or the time is over──► next generation: stable
 *
 *  G1 A generation begins when every member has joined: hence after the last `onRevoked`, before the first `onAssigned`.
 *  G2 Who has not joined within the rebalance timeout (the longest of the members') is put out.
 *  G3 While preparing, the last generation may still commit; from the next on it is refused. */
import type { Bytes, LogError, MemberAssignment, MemberInfo, Membership } from '@hiveframe/streams';
import { fenced } from '../log-failures.ts';
import type { Participant } from './participant.ts';

export interface Generation {
  readonly generation: number;
  readonly assignment: MemberAssignment;
}
interface Seat {
  readonly participant: Participant;
  /** As it was when the member joined. */
  readonly data: Bytes;
  /** Set while the member waits for the next generation. */
  take: ((next: Generation | null) => void) | null;
}

const NOTHING: MemberAssignment = { partitions: [] };

export class Group {
  readonly id: string;
  readonly #partitionCounts: (topics: Iterable<string>) => ReadonlyMap<string, number>;
  /** The eldest first: it leads. */
  readonly #seats = new Map<string, Seat>();
  #generation = 0;
  #preparing: NodeJS.Timeout | null = null;
  #deadlineMs = 0;

  constructor(id: string, partitionCounts: (topics: Iterable<string>) => ReadonlyMap<string, number>) {
    this.id = id;
    this.#partitionCounts = partitionCounts;
  }

  get memberIds(): readonly string[] {
    return [...this.#seats.keys()];
  }

  /** Calls `take` once: with the next generation, or with null when the member is put out meanwhile. */
  join(participant: Participant, take: (next: Generation | null) => void): void {
    this.#replaceStatic(participant);
    this.#seats.set(participant.memberId, { participant, data: participant.memberData(), take });
    this.#prepare();
    this.#completeIfAllJoined();
  }

  /** The others take over at once. */
  leave(memberId: string): void {
    const seat = this.#seats.get(memberId);
    if (seat === undefined) return;
    this.#seats.delete(memberId);
    seat.take?.(null);
    if (this.#seats.size === 0) return this.#endPreparing();
    this.#prepare();
    this.#completeIfAllJoined();
  }

  /** For fault tests: puts a member out as an ended session would, without its knowledge. Telling it is the caller's. */
  expire(memberId: string): () => void {
    const participant = this.#seats.get(memberId)?.participant;
    this.leave(memberId);
    const lost = fenced(`keep member ${memberId} in group ${this.id}`, 'its session has expired');
    return () => participant?.lose(lost);
  }

  topicsCreated(topics: readonly string[]): void {
    const concerned = [...this.#seats.values()].some(({ participant }) =>
      topics.some((topic) => participant.topics.includes(topic)),
    );
    if (concerned) this.#prepare();
  }

  /** @throws LogError `fenced` unless the membership is of the generation of now. Without member and generation anybody may
   *  commit, as on Kafka (KIP-447: producers of older clients). */
  check({ memberId, generation }: Membership, what: string): void {
    if (memberId === '' && generation < 0) return;
    if (!this.#seats.has(memberId))
      throw fenced(`${what} of group ${this.id}`, `the group has no member ${memberId} (any more)`);
    if (generation !== this.#generation)
      throw fenced(
        `${what} of group ${this.id}`,
        `generation ${generation} is over, the group is at ${this.#generation}`,
      );
  }

  #prepare(): void {
    if (this.#preparing !== null) return;
    const seats = [...this.#seats.values()];
    const timeoutMs = Math.max(...seats.map((seat) => seat.participant.rebalanceTimeoutMs));
    this.#deadlineMs = Date.now() + timeoutMs;
    this.#preparing = setTimeout(() => this.#putOutTheLate(), timeoutMs).unref();
    for (const seat of seats) if (seat.take === null) seat.participant.rebalance(this.#deadlineMs);
  }

  #endPreparing(): void {
    if (this.#preparing !== null) clearTimeout(this.#preparing);
    this.#preparing = null;
  }

  #putOutTheLate(): void {
    for (const [memberId, { participant, take }] of this.#seats) {
      if (take !== null) continue;
      this.#seats.delete(memberId);
      participant.lose(
        fenced(
          `keep member ${memberId} in group ${this.id}`,
          'it did not join again within the rebalance timeout',
        ),
      );
    }
    if (this.#seats.size === 0) this.#endPreparing();
    else this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.#preparing === null) return;
    const seats = [...this.#seats.values()];
    if (seats.some((seat) => seat.take === null)) return;
    this.#endPreparing();
    this.#generation++;
    const assignments = this.#assign(seats);
    if (assignments === null) return;
    for (const seat of seats) {
      const { take } = seat;
      seat.take = null;
      take?.({
        generation: this.#generation,
        assignment: assignments.get(seat.participant.memberId) ?? NOTHING,
      });
    }
  }

  /** Null when the leader could not: it is out then, and the others try without it. */
  #assign(seats: readonly Seat[]): ReadonlyMap<string, MemberAssignment> | null {
    const leader = seats[0]!.participant;
    try {
      const members = seats.map(infoOf);
      const topics = new Set(seats.flatMap(({ participant }) => participant.topics));
      return leader.assign(members, this.#partitionCounts(topics));
    } catch (error) {
      this.leave(leader.memberId);
      leader.fail(error);
      return null;
    }
  }

  /** A static member that comes again takes the place of the former one (KIP-345). */
  #replaceStatic({ instanceId, memberId }: Participant): void {
    if (instanceId === null) return;
    for (const { participant } of this.#seats.values()) {
      if (participant.instanceId !== instanceId || participant.memberId === memberId) continue;
      this.leave(participant.memberId);
      participant.fail(staticFenced(this.id, instanceId));
      return;
    }
  }
}

function staticFenced(groupId: string, instanceId: string): LogError {
  return fenced(
    `keep instance ${instanceId} in group ${groupId}`,
    'another member has joined with the same instanceId',
  );
}

function infoOf({ participant, data }: Seat): MemberInfo {
  return { memberId: participant.memberId, instanceId: participant.instanceId, data };
}
