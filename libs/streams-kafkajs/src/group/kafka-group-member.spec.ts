import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GroupListener, GroupMemberOptions } from '@hiveframe/streams';
import { answerLost, FakeBroker, held, inTurn, until } from '../../test/fake-broker.ts';
import { encodeAssignment, encodeSubscription } from '../protocol/consumer-protocol.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { KafkaGroupMember } from './kafka-group-member.ts';

const OPTIONS: GroupMemberOptions = {
  groupId: 'g',
  topics: ['a'],
  sessionTimeoutMs: 400,
  rebalanceTimeoutMs: 400,
  heartbeatIntervalMs: 5,
  protocol: 'p',
};
const PARTITION = { topic: 'a', partition: 0 };

let broker: FakeBroker;
let events: string[];
let memberIds: string[];
let member: KafkaGroupMember;

/** Answers of a coordinator; `joined` counts generations. */
function coordinator(): FakeBroker {
  let generation = 0;
  memberIds = [];
  return new FakeBroker({ a: 1 })
    .on('JoinGroup', (body) => {
      body.string();
      body.at += 8;
      const memberId = body.string();
      memberIds.push(memberId);
      const members = [
        { memberId: 'me', instanceId: null, metadata: encodeSubscription(['a'], Buffer.from('mine')) },
      ];
      if (memberId === '') return { errorCode: KafkaCode.MEMBER_ID_REQUIRED, memberId: 'me', members: [] };
      return { errorCode: 0, generation: ++generation, leaderId: 'me', memberId: 'me', members };
    })
    .on('SyncGroup', () => ({ errorCode: 0, assignment: encodeAssignment({ partitions: [PARTITION] }) }))
    .on('Heartbeat', () => ({ errorCode: 0 }))
    .on('LeaveGroup', () => ({ errorCode: 0 }));
}
const heartbeat = (code: number) => () => ({ errorCode: code });

function listener(overrides: Partial<GroupListener> = {}): GroupListener {
  return {
    memberData: () => Buffer.from('mine'),
    assign: () => new Map([['me', { partitions: [PARTITION] }]]),
    onAssigned: async (partitions) => void events.push(`assigned ${partitions.length}`),
    onRevoked: async () => void events.push('revoked'),
    onLost: async (error) => void events.push(`lost ${error.failure.kind}`),
    onFailed: (error) => void events.push(`failed ${error.failure.kind}`),
    ...overrides,
  };
}
function create(
  overrides: Partial<GroupListener> = {},
  options: Partial<GroupMemberOptions> = {},
): KafkaGroupMember {
  member = new KafkaGroupMember(broker.cluster(), { ...OPTIONS, ...options }, listener(overrides));
  return member;
}
beforeEach(() => {
  events = [];
  broker = coordinator();
});
afterEach(() => member.leave(100));

describe('joining', () => {
  it('comes back with the member id that the coordinator gives strangers', async () => {
    await create().join();
    expect(memberIds).toEqual(['', 'me']);
    expect(events).toEqual(['assigned 1']);
    expect(member.membership()).toEqual({ groupId: 'g', generation: 1, memberId: 'me', instanceId: null });
  });

  it('shows the leader the data of the members and the partition counts', async () => {
    const seen: unknown[] = [];
    await create({
      assign: (members, counts) => {
        seen.push(
          members.map(({ memberId, data }) => [memberId, Buffer.from(data).toString()]),
          [...counts],
        );
        return new Map();
      },
    }).join();
    expect(seen).toEqual([[['me', 'mine']], [['a', 1]]]);
  });

  it('tries again while the coordinator moves or cannot be reached', async () => {
    const { NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS } = KafkaCode;
    broker.on(
      'SyncGroup',
      inTurn(answerLost, heartbeat(NOT_COORDINATOR), heartbeat(COORDINATOR_LOAD_IN_PROGRESS), () => ({
        errorCode: 0,
        assignment: encodeAssignment({ partitions: [PARTITION] }),
      })),
    );
    await create().join();
    expect(events).toEqual(['assigned 1']);
  });

  it('fails for good where it is not allowed', async () => {
    broker.on('JoinGroup', () => ({ errorCode: KafkaCode.GROUP_AUTHORIZATION_FAILED }));
    await expect(create().join()).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect(events).toEqual(['failed unauthorized']);
  });
});

describe('G2 a rebalance', () => {
  it('is announced by onRevoked before the next join, with heartbeats meanwhile', async () => {
    const revoking = Promise.withResolvers<void>();
    broker.on('Heartbeat', inTurn(heartbeat(0), heartbeat(KafkaCode.REBALANCE_IN_PROGRESS)));
    await create({
      onRevoked: async () => {
        events.push('revoking');
        await revoking.promise;
        events.push('revoked');
      },
    }).join();
    await until(() => events.includes('revoking'));
    const joins = memberIds.length;
    broker.heard.length = 0;
    await until(() => broker.heard.filter((name) => name === 'Heartbeat').length > 2);
    expect(memberIds).toHaveLength(joins);
    expect(member.membership().generation).toBe(1); // may still commit
    broker.on('Heartbeat', heartbeat(0));
    revoking.resolve();
    await until(() => events.length === 4);
    expect(events).toEqual(['assigned 1', 'revoking', 'revoked', 'assigned 1']);
  });

  it('during onAssigned aborts its signal, and the assignment is given up before the next', async () => {
    broker.on('Heartbeat', inTurn(heartbeat(KafkaCode.REBALANCE_IN_PROGRESS), heartbeat(0)));
    let first = true;
    await create({
      onAssigned: async (_, __, signal) => {
        if (!first) return void events.push('assigned');
        first = false;
        await until(() => signal.aborted);
        events.push('called off');
      },
    }).join();
    expect(events).toEqual(['called off', 'revoked', 'assigned']);
  });
});

describe('a membership that is lost', () => {
  it('to the group is told by onLost alone, and joined anew as a stranger', async () => {
    broker.on('Heartbeat', inTurn(heartbeat(0), heartbeat(KafkaCode.UNKNOWN_MEMBER_ID), heartbeat(0)));
    await create().join();
    await until(() => events.length === 3);
    expect(events).toEqual(['assigned 1', 'lost fenced', 'assigned 1']);
    expect(memberIds).toEqual(['', 'me', '', 'me']);
  });

  it('because nobody answers is lost after the session timeout, and cannot commit from then on', async () => {
    const silence = held(heartbeat(0));
    broker.on('Heartbeat', silence.answer);
    await create({ onLost: async () => expect(() => member.membership()).toThrow('Not a member') }).join();
    broker.on('JoinGroup', answerLost);
    await until(() => broker.heard.filter((name) => name === 'JoinGroup').length > 2);
    expect(() => member.membership()).toThrow('Not a member');
    silence.release();
  });

  it('by rejoin() is joined again in a later generation', async () => {
    await create().join();
    member.rejoin();
    await until(() => events.length === 3);
    expect(events).toEqual(['assigned 1', 'lost fenced', 'assigned 1']);
    expect(member.membership().generation).toBe(2);
  });

  it('to another process with the same instance id ends it', async () => {
    broker.on('Heartbeat', heartbeat(KafkaCode.FENCED_INSTANCE_ID));
    await create({}, { instanceId: 'i' }).join();
    await until(() => events.length === 2);
    expect(events).toEqual(['assigned 1', 'failed fenced']);
  });
});

describe('leave', () => {
  it('tells the coordinator, and calls no listener any more (G4)', async () => {
    await create().join();
    await member.leave(100);
    expect(broker.heard.at(-1)).toBe('LeaveGroup');
    expect(() => member.membership()).toThrow('Not a member');
    expect(events).toEqual(['assigned 1']);
  });

  it('of a static member leaves its place to its successor', async () => {
    await create({}, { instanceId: 'i' }).join();
    await member.leave(100);
    expect(broker.heard).not.toContain('LeaveGroup');
  });

  it('does not wait for a coordinator that does not answer', async () => {
    await create().join();
    broker.on('LeaveGroup', () => new Promise(() => {}));
    await member.leave(20);
  });

  it('before the first assignment ends the wait for it', async () => {
    const joining = held(heartbeat(0));
    broker.on('JoinGroup', joining.answer);
    const joined = create().join();
    await member.leave(100);
    await expect(joined).rejects.toThrow('Left group g');
    joining.release();
  });
});
