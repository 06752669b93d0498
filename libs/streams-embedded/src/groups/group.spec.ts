import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  GroupListener,
  GroupMember,
  LogError,
  MemberAssignment,
  TopicPartition,
} from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '../index.ts';

const TOPIC = 'topic';
let log: EmbeddedLog;

beforeEach(async () => {
  log = embedded();
  await log.admin.create([{ topic: TOPIC, numPartitions: 6 }]);
});
afterEach(() => log.close(1_000));

async function eventually(check: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 4_000;
  while (!check()) {
    if (Date.now() > deadlineMs) throw new Error('Waited in vain.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Deals partitions out in turn; every call can be replaced. */
class Listener implements GroupListener {
  readonly events: string[] = [];
  held: readonly TopicPartition[] = [];
  hold: (() => Promise<void>) | null = null;

  memberData() {
    return new Uint8Array();
  }
  assign(members: readonly { memberId: string }[], counts: ReadonlyMap<string, number>) {
    const dealt = new Map<string, TopicPartition[]>(members.map((member) => [member.memberId, []]));
    const all = [...counts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition })),
    );
    for (const [index, at] of all.entries()) dealt.get(members[index % members.length]!.memberId)!.push(at);
    return new Map<string, MemberAssignment>([...dealt].map(([id, partitions]) => [id, { partitions }]));
  }
  async onRevoked() {
    this.events.push('revoked');
    await this.hold?.();
    this.held = [];
  }
  async onAssigned(partitions: readonly TopicPartition[], _data: unknown, _signal: AbortSignal) {
    this.events.push('assigned');
    this.held = partitions;
  }
  async onLost(error: LogError) {
    this.events.push(`lost: ${error.failure.kind}`);
    this.held = [];
  }
  onFailed(error: LogError) {
    this.events.push(`failed: ${error.failure.kind}`);
  }
}

function member(
  listener: Listener,
  more: { instanceId?: string; topics?: string[]; rebalanceTimeoutMs?: number } = {},
): GroupMember {
  const options = {
    groupId: 'group',
    topics: [TOPIC],
    sessionTimeoutMs: 1,
    rebalanceTimeoutMs: 150,
    heartbeatIntervalMs: 1,
    protocol: 'test',
    ...more,
  };
  return log.group(options, listener);
}

describe('a group', () => {
  it('puts out a member that does not give up in time, and takes it in again afterwards', async () => {
    const [slow, quick] = [new Listener(), new Listener()];
    const slowMember = member(slow);
    await slowMember.join();
    let release!: () => void;
    slow.hold = () => new Promise((resolve) => (release = resolve));
    await member(quick).join();
    expect(quick.held).toHaveLength(6);
    expect(() => slowMember.membership()).toThrow('there is no membership now');
    slow.hold = null;
    release();
    await eventually(() => slow.held.length === 3 && quick.held.length === 3);
    expect(slow.events).toEqual(['assigned', 'revoked', 'lost: fenced', 'assigned']);
    expect(slowMember.membership().groupId).toBe('group');
  });

  it('lets the newer of two members with one instance id stay', async () => {
    const [older, newer] = [new Listener(), new Listener()];
    await member(older, { instanceId: 'pod-1' }).join();
    await member(newer, { instanceId: 'pod-1' }).join();
    expect(older.events).toEqual(['assigned', 'failed: fenced']);
    expect(newer.held).toHaveLength(6);
  });

  it('goes on without a leader that cannot assign', async () => {
    const [broken, sound] = [new Listener(), new Listener()];
    const brokenMember = member(broken);
    await brokenMember.join();
    broken.assign = () => {
      throw new Error('no idea');
    };
    await member(sound).join();
    expect(broken.events).toEqual(['assigned', 'revoked', 'failed: unavailable']);
    expect(sound.held).toHaveLength(6);
  });

  it('fails a member whose listener throws, and hands its partitions over', async () => {
    const [broken, sound] = [new Listener(), new Listener()];
    await member(broken).join();
    broken.hold = () => Promise.reject(new Error('cannot stop'));
    await member(sound).join();
    expect(broken.events.at(-1)).toBe('failed: unavailable');
    expect(sound.held).toHaveLength(6);
  });

  it('assigns anew when a topic of its members is created', async () => {
    const listener = new Listener();
    await member(listener, { topics: [TOPIC, 'later'] }).join();
    expect(listener.held).toHaveLength(6);
    await log.admin.create([{ topic: 'unrelated', numPartitions: 1 }]);
    await log.admin.create([{ topic: 'later', numPartitions: 2 }]);
    await eventually(() => listener.held.length === 8);
    expect(listener.events).toEqual(['assigned', 'revoked', 'assigned']);
  });

  it('rejects join() of a member that leaves before it was assigned', async () => {
    const [first, second] = [new Listener(), new Listener()];
    await member(first).join();
    first.hold = () => new Promise(() => {});
    const leaving = member(second);
    const joined = leaving.join();
    await leaving.leave(1_000);
    await expect(joined).rejects.toThrow('the member has left');
    expect(second.events).toEqual([]);
  });
});

describe('an expired session', () => {
  it('makes a zombie whose commits are fenced, and which joins anew when it is told', async () => {
    const [zombie, successor] = [new Listener(), new Listener()];
    const zombieMember = member(zombie);
    await zombieMember.join();
    const tell = log.expireSession('group', zombieMember.membership().memberId);
    await member(successor).join();
    expect(zombie.held).toHaveLength(6);
    expect(successor.held).toHaveLength(6);
    const committed = zombieMember.commit([{ topic: TOPIC, partition: 0, offset: 1 }]);
    await expect(committed).rejects.toMatchObject({ failure: { kind: 'fenced' } });
    tell();
    await eventually(() => zombie.held.length === 3 && successor.held.length === 3);
    expect(zombie.events).toEqual(['assigned', 'lost: fenced', 'assigned']);
  });
});

describe('many members', () => {
  it('never hold a partition twice, and all partitions when they have come to rest', async () => {
    let state = 7;
    const choose = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const owners = new Map<number, Listener>();
    class Checked extends Listener {
      override async onAssigned(partitions: readonly TopicPartition[], data: unknown, signal: AbortSignal) {
        for (const { partition } of partitions) {
          if (owners.has(partition)) this.events.push(`twice: ${partition}`);
          owners.set(partition, this);
        }
        await pause(choose(3));
        await super.onAssigned(partitions, data, signal);
      }
      override async onRevoked() {
        await pause(choose(3));
        this.free();
      }
      override async onLost(error: LogError) {
        this.free();
        await super.onLost(error);
      }
      free() {
        this.held = [];
        for (const [partition, owner] of owners) if (owner === this) owners.delete(partition);
      }
    }
    const pause = (turns: number) => new Promise((resolve) => setTimeout(resolve, turns));
    const living: { listener: Checked; group: GroupMember }[] = [];
    const all: Checked[] = [];
    for (let step = 0; step < 120; step++) {
      const what = choose(10);
      const index = choose(living.length);
      if (living.length < 2 || what < 4) {
        const listener = new Checked();
        const group = member(listener, { rebalanceTimeoutMs: 10_000 });
        group.join().catch(() => {}); // it may leave before
        living.push({ listener, group });
        all.push(listener);
      } else if (what < 7) {
        const [gone] = living.splice(index, 1);
        gone!.listener.free();
        await gone!.group.leave(1_000);
      } else if (what < 8) {
        living[index]!.listener.free(); // who gives up a membership does not own anything from then on
        living[index]!.group.rejoin();
      }
      await pause(choose(4));
    }
    const held = () => living.flatMap(({ listener }) => listener.held.map((at) => at.partition));
    await eventually(() => held().length === 6 && new Set(held()).size === 6);
    expect(all.flatMap((listener) => listener.events.filter((event) => event.startsWith('twice')))).toEqual(
      [],
    );
  }, 20_000);
});
