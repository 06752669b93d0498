/** The coordinator of one group: Kafka's classic protocol with eager rebalances (GroupMetadata.scala, GroupCoordinator.scala).
 *
 *  stable ──join, leave, expiry──► preparing ──all joined, or time over──► completing ──the leader's sync──► stable
 *
 *  G1 A generation begins when preparing ends; whoever has not joined by then is out.
 *  G2 While preparing, the generation before may still commit. */
import type { MemberAssignment, MemberInfo, Membership } from '@hiveframe/streams';
import type { Scheduled, VirtualTime } from '../kernel/virtual-time.ts';
import { fenced } from './failures.ts';

export interface JoinRequest {
  /** Empty: a stranger. */
  readonly memberId: string;
  readonly clientName: string;
  readonly data: Uint8Array;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}
export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  /** For the leader; null for the others. */
  readonly members: readonly MemberInfo[] | null;
}
export type HeartbeatAnswer = 'ok' | 'rebalancing';

/** unknownMember: out of the group. illegalGeneration: the group has moved on. rebalancing: join again. */
export class GroupRefusal extends Error {
  override readonly name = 'GroupRefusal';
  readonly kind: 'unknownMember' | 'illegalGeneration' | 'rebalancing';
  constructor(kind: GroupRefusal['kind']) {
    super(`The group coordinator answers ${kind}.`);
    this.kind = kind;
  }
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: GroupRefusal): void;
}
interface Seat {
  readonly memberId: string;
  request: JoinRequest;
  join: Waiter<Joined> | null;
  sync: Waiter<MemberAssignment> | null;
  heardAtMs: number;
}

const NOTHING: MemberAssignment = { partitions: [] };

export class GroupCoordinator {
  readonly groupId: string;
  readonly #time: VirtualTime;
  /** The eldest first: it leads. */
  readonly #seats = new Map<string, Seat>();
  #state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty';
  #generation = 0;
  #strangers = 0;
  #deadline: Scheduled | null = null;
  #assignments: ReadonlyMap<string, MemberAssignment> = new Map();

  constructor(groupId: string, time: VirtualTime) {
    this.groupId = groupId;
    this.#time = time;
  }

  get isStable(): boolean {
    return this.#state === 'stable';
  }
  get memberIds(): readonly string[] {
    return [...this.#seats.keys()];
  }

  join(request: JoinRequest): Promise<Joined> {
    const memberId = request.memberId || `${request.clientName}-${++this.#strangers}`;
    let seat = this.#seats.get(memberId);
    if (request.memberId !== '' && seat === undefined) throw new GroupRefusal('unknownMember');
    if (seat === undefined) {
      seat = { memberId, request, join: null, sync: null, heardAtMs: 0 };
      this.#seats.set(memberId, seat);
      this.#watch(seat);
    }
    seat.request = request;
    this.#heard(seat);
    seat.join?.reject(new GroupRefusal('rebalancing')); // its former try, which it has given up
    const joined = new Promise<Joined>((resolve, reject) => {
      seat.join = { resolve, reject };
    });
    this.prepare();
    this.#completeIfAllJoined();
    return joined;
  }

  sync(
    memberId: string,
    generation: number,
    assignments: ReadonlyMap<string, MemberAssignment> | null,
  ): MemberAssignment | Promise<MemberAssignment> {
    const seat = this.#check(memberId, generation);
    this.#heard(seat);
    if (this.#state === 'preparing') throw new GroupRefusal('rebalancing');
    if (this.#state === 'stable') return this.#assignments.get(memberId) ?? NOTHING;
    const synced = new Promise<MemberAssignment>((resolve, reject) => {
      seat.sync = { resolve, reject };
    });
    if (assignments !== null) this.#assigned(assignments);
    return synced;
  }

  heartbeat(memberId: string, generation: number): HeartbeatAnswer {
    this.#heard(this.#check(memberId, generation));
    return this.#state === 'preparing' ? 'rebalancing' : 'ok';
  }

  /** The others take over at once. */
  remove(memberId: string): void {
    const seat = this.#seats.get(memberId);
    if (seat === undefined) return;
    this.#seats.delete(memberId);
    seat.join?.reject(new GroupRefusal('unknownMember'));
    seat.sync?.reject(new GroupRefusal('unknownMember'));
    if (this.#seats.size === 0) {
      this.#deadline?.cancel();
      this.#state = 'empty';
      return;
    }
    this.prepare();
    this.#completeIfAllJoined();
  }

  /** @throws LogError `fenced` unless it is a membership of now (KIP-447). Strangers without generation may commit. */
  checkMembership({ memberId, generation }: Membership): void {
    if (memberId === '' && generation < 0) return;
    if (!this.#seats.has(memberId)) throw fenced(`${memberId} is not a member`);
    if (generation !== this.#generation)
      throw fenced(`generation ${generation} is over, the group is at ${this.#generation}`);
  }

  /** Asks all members to join anew. */
  prepare(): void {
    if (this.#state === 'preparing') return;
    if (this.#seats.size === 0) return;
    this.#state = 'preparing';
    for (const seat of this.#seats.values()) {
      seat.sync?.reject(new GroupRefusal('rebalancing'));
      seat.sync = null;
    }
    const timeoutMs = Math.max(
      ...Array.from(this.#seats.values(), ({ request }) => request.rebalanceTimeoutMs),
    );
    this.#deadline?.cancel();
    this.#deadline = this.#time.after(timeoutMs, () => this.#timeIsOver());
  }

  #timeIsOver(): void {
    for (const [memberId, seat] of this.#seats) if (seat.join === null) this.#seats.delete(memberId);
    if (this.#seats.size === 0) this.#state = 'empty';
    else this.#completeIfAllJoined();
  }

  #completeIfAllJoined(): void {
    if (this.#state !== 'preparing') return;
    const seats = [...this.#seats.values()];
    if (seats.some(({ join }) => join === null)) return;
    this.#deadline?.cancel();
    this.#state = 'completing';
    this.#generation++;
    this.#assignments = new Map();
    const members = seats.map(({ memberId, request }) => ({
      memberId,
      instanceId: null,
      data: request.data,
    }));
    for (const [index, seat] of seats.entries()) {
      this.#heard(seat);
      const { join, memberId } = seat;
      seat.join = null;
      join!.resolve({ memberId, generation: this.#generation, members: index === 0 ? members : null });
    }
  }

  #assigned(assignments: ReadonlyMap<string, MemberAssignment>): void {
    this.#assignments = assignments;
    this.#state = 'stable';
    for (const { memberId, sync } of this.#seats.values())
      sync?.resolve(assignments.get(memberId) ?? NOTHING);
    for (const seat of this.#seats.values()) seat.sync = null;
  }

  #check(memberId: string, generation: number): Seat {
    const seat = this.#seats.get(memberId);
    if (seat === undefined) throw new GroupRefusal('unknownMember');
    if (generation !== this.#generation) throw new GroupRefusal('illegalGeneration');
    return seat;
  }

  #heard(seat: Seat): void {
    seat.heardAtMs = this.#time.nowMs;
  }

  /** Sessions end by silence, except of those who wait for the others to join. */
  #watch(seat: Seat): void {
    const silentMs = this.#time.nowMs - seat.heardAtMs;
    const leftMs =
      seat.join === null ? seat.request.sessionTimeoutMs - silentMs : seat.request.sessionTimeoutMs;
    this.#time.after(Math.max(leftMs, 1), () => {
      if (this.#seats.get(seat.memberId) !== seat) return;
      const silent = this.#time.nowMs - seat.heardAtMs >= seat.request.sessionTimeoutMs;
      if (silent && seat.join === null) this.remove(seat.memberId);
      else this.#watch(seat);
    });
  }
}
