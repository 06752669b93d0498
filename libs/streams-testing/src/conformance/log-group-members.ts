/** Group members for tests: a listener that writes down what it was told, in one timeline shared by all members. */
import type {
  Bytes,
  GroupListener,
  LogError,
  LogPort,
  MemberAssignment,
  MemberInfo,
  TopicPartition,
} from '@hiveframe/streams';
import type { LogHarness } from './log-harness.ts';

export interface Told {
  readonly member: string;
  readonly event: 'revoking' | 'revoked' | 'assigning' | 'assigned' | 'lost' | 'failed';
  readonly partitions?: readonly TopicPartition[];
  readonly data?: string | null;
}
export type Assign = GroupListener['assign'];

/** What a test may have a member do; by default it answers at once and shares the partitions out evenly. */
export interface MemberScript {
  memberData?(): Bytes;
  assign?: Assign;
  onRevoked?(): Promise<void>;
  onAssigned?(signal: AbortSignal): Promise<void>;
}

/** Partitions in order, dealt out over the members in order of their data. */
export const dealOut: Assign = (members, partitionCounts) => {
  const sorted = members.toSorted((a, b) => Buffer.compare(a.data, b.data));
  const dealt = new Map<string, TopicPartition[]>(sorted.map((member) => [member.memberId, []]));
  let next = 0;
  for (const [topic, count] of partitionCounts)
    for (let partition = 0; partition < count; partition++)
      dealt.get(sorted[next++ % sorted.length]!.memberId)!.push({ topic, partition });
  return new Map(
    [...dealt].map(([memberId, partitions]): [string, MemberAssignment] => [memberId, { partitions }]),
  );
};

export class ScriptedListener implements GroupListener {
  readonly name: string;
  readonly #timeline: Told[];
  readonly #script: MemberScript;
  /** What the leader's last `assign` saw; null when this member never led. */
  seen: readonly MemberInfo[] | null = null;
  held: readonly TopicPartition[] = [];

  constructor(name: string, timeline: Told[], script: MemberScript = {}) {
    this.name = name;
    this.#timeline = timeline;
    this.#script = script;
  }

  memberData(): Bytes {
    return this.#script.memberData?.() ?? Buffer.from(this.name);
  }
  assign(members: readonly MemberInfo[], counts: ReadonlyMap<string, number>) {
    this.seen = members.map((member) => ({ ...member, data: Buffer.from(member.data) }));
    return (this.#script.assign ?? dealOut)(members, counts);
  }
  async onRevoked(): Promise<void> {
    this.#tell('revoking');
    await this.#script.onRevoked?.();
    this.held = [];
    this.#tell('revoked');
  }
  async onAssigned(partitions: readonly TopicPartition[], data: Bytes | null, signal: AbortSignal) {
    const told = { partitions, data: data === null ? null : Buffer.from(data).toString() };
    this.#tell('assigning', told);
    await this.#script.onAssigned?.(signal);
    this.held = partitions;
    this.#tell('assigned', told);
  }
  async onLost(_error: LogError): Promise<void> {
    this.held = [];
    this.#tell('lost');
  }
  onFailed(_error: LogError): void {
    this.#tell('failed');
  }

  count(event: Told['event']): number {
    return this.#timeline.filter((told) => told.member === this.name && told.event === event).length;
  }
  #tell(event: Told['event'], more: Partial<Told> = {}): void {
    this.#timeline.push({ member: this.name, event, ...more });
  }
}

/** A group over one topic, whose members share a timeline; each has a client of its own, as in another process. */
export class GroupUnderTest {
  readonly timeline: Told[] = [];
  readonly groupId: string;
  readonly topic: string;
  readonly #harness: LogHarness;
  readonly #sessionTimeoutMs: number;

  constructor(harness: LogHarness, topic: string, sessionTimeoutMs: number) {
    this.#harness = harness;
    this.groupId = harness.name('group');
    this.topic = topic;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }
  static async create(harness: LogHarness, numPartitions = 4, sessionTimeoutMs = 20_000) {
    const log = await harness.log();
    return new GroupUnderTest(harness, await harness.topic(log, numPartitions), sessionTimeoutMs);
  }

  /** A member with its listener, not joined yet. */
  async member(name: string, script?: MemberScript, log?: LogPort) {
    const settings = {
      groupId: this.groupId,
      topics: [this.topic],
      sessionTimeoutMs: this.#sessionTimeoutMs,
    };
    const listener = new ScriptedListener(name, this.timeline, script);
    const client = log ?? (await this.#harness.log());
    const group = client.group(
      { ...settings, rebalanceTimeoutMs: 20_000, heartbeatIntervalMs: 200, protocol: 'conformance' },
      listener,
    );
    return { group, listener };
  }
  /** Where in the timeline a member was told something, the n-th time (from 1); -1 if not. */
  when(name: string, event: Told['event'], nth = 1): number {
    let seen = 0;
    return this.timeline.findIndex((told) => told.member === name && told.event === event && ++seen === nth);
  }
  at(partition: number) {
    return { topic: this.topic, partition };
  }
}

export type Joined = Awaited<ReturnType<GroupUnderTest['member']>>;
export const ascending = (a: number, b: number) => a - b;
export const partitionsOf = (...joined: readonly Joined[]) =>
  joined.flatMap(({ listener }) => listener.held.map((at) => at.partition)).toSorted(ascending);

export const LEAVE_TIMEOUT_MS = 5_000;
