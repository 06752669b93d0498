import { describe, expect, it } from '@jest/globals';
import type { MemberAssignment } from '@hiveframe/streams';
import { delay, eventually, failureOf, Gate, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { GroupUnderTest, LEAVE_TIMEOUT_MS, partitionsOf, type MemberScript } from './log-group-members.ts';

interface Limits {
  readonly minSessionTimeoutMs: number;
}

export function describeLogGroups(harness: LogHarness, limits: Limits): void {
  describe('a group', () => {
    joins(harness);
    handsOver(harness);
    carriesData(harness);
    staysAlive(harness, limits);
  });
}

function joins(harness: LogHarness): void {
  it(
    'gives a member that is alone every partition before join() resolves',
    async () => {
      const group = await GroupUnderTest.create(harness);
      const alone = await group.member('alone');
      await alone.group.join();
      expect(partitionsOf(alone)).toEqual([0, 1, 2, 3]);
      expect(alone.group.membership()).toMatchObject({ groupId: group.groupId, instanceId: null });
      expect(group.timeline.map((told) => told.event)).toEqual(['assigning', 'assigned']);
      await alone.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes a second member in only when the first has ended onRevoked',
    async () => {
      const group = await GroupUnderTest.create(harness);
      const gate = new Gate();
      const first = await group.member('first', { onRevoked: () => gate.opened });
      const second = await group.member('second');
      await first.group.join();
      const before = first.group.membership().generation;
      const joining = second.group.join();
      await eventually('the first is asked to give up', () => group.when('first', 'revoking') >= 0);
      await delay(300);
      expect(group.when('second', 'assigning')).toBe(-1);
      gate.open();
      await joining;
      await eventually('the first has its new assignment', () => first.listener.count('assigned') === 2);
      expect(group.when('first', 'revoked')).toBeLessThan(group.when('second', 'assigning'));
      expect(partitionsOf(first, second)).toEqual([0, 1, 2, 3]);
      expect(partitionsOf(first)).toHaveLength(2);
      expect(first.group.membership().generation).toBeGreaterThan(before);
      expect(second.group.membership().generation).toBe(first.group.membership().generation);
      await second.group.leave(LEAVE_TIMEOUT_MS);
      await first.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}

function handsOver(harness: LogHarness): void {
  it(
    'hands the partitions of a member that leaves to the others at once',
    async () => {
      const group = await GroupUnderTest.create(harness, 4, 30_000);
      const [stays, leaves] = [await group.member('stays'), await group.member('leaves')];
      await stays.group.join();
      await leaves.group.join();
      await eventually('both are assigned', () => partitionsOf(stays).length === 2);
      const told = leaves.listener.count('revoking') + leaves.listener.count('lost');
      const startMs = performance.now();
      await leaves.group.leave(LEAVE_TIMEOUT_MS);
      await eventually('the one that stays has all', () => partitionsOf(stays).length === 4);
      expect(performance.now() - startMs).toBeLessThan(15_000);
      expect(leaves.listener.count('revoking') + leaves.listener.count('lost')).toBe(told);
      expect(await failureOf((async () => leaves.group.membership())())).toEqual({ kind: 'fenced' });
      await stays.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes a member in again that asks to rejoin, in a later generation, without onRevoked',
    async () => {
      const group = await GroupUnderTest.create(harness);
      const alone = await group.member('alone');
      await alone.group.join();
      const before = alone.group.membership();
      alone.group.rejoin();
      await eventually('a second assignment', () => alone.listener.count('assigned') === 2);
      const after = alone.group.membership();
      expect([after.memberId !== before.memberId, after.generation > before.generation]).toContain(true);
      expect(alone.listener.count('revoking')).toBe(0);
      expect(partitionsOf(alone)).toEqual([0, 1, 2, 3]);
      await alone.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}

function carriesData(harness: LogHarness): void {
  it(
    'shows every member’s newest data to the leader, and the leader’s data to each member',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const assignments = () => group.timeline.filter((told) => told.event === 'assigned');
      const script = (name: string): MemberScript => ({
        memberData: () => Buffer.from(`${name} after ${assignments().length}`),
        assign: (members) =>
          new Map(
            members.map((info, index): [string, MemberAssignment] => [
              info.memberId,
              {
                partitions: [group.at(index)],
                data: Buffer.from(`of ${members.length}: ${Buffer.from(info.data).toString()}`),
              },
            ]),
          ),
      });
      const [first, second] = [
        await group.member('first', script('first')),
        await group.member('second', script('second')),
      ];
      await first.group.join();
      await second.group.join();
      await eventually('the first has its new assignment', () => first.listener.count('assigned') === 2);
      const seen = (first.listener.seen?.length === 2 ? first : second).listener.seen!;
      expect(seen.map((info) => Buffer.from(info.data).toString()).toSorted()).toEqual([
        'first after 1',
        'second after 1',
      ]);
      expect(
        assignments()
          .map((entry) => String(entry.data))
          .toSorted(),
      ).toEqual(['of 1: first after 0', 'of 2: first after 1', 'of 2: second after 1']);
      await second.group.leave(LEAVE_TIMEOUT_MS);
      await first.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'knows the number of partitions of every topic, and assigns no data where the leader gave none',
    async () => {
      const group = await GroupUnderTest.create(harness, 3);
      const counts: [string, number][] = [];
      const alone = await group.member('alone', {
        assign: (members, partitionCounts) => {
          counts.push(...partitionCounts);
          return new Map([[members[0]!.memberId, { partitions: [] }]]);
        },
      });
      await alone.group.join();
      expect(counts).toEqual([[group.topic, 3]]);
      expect(group.timeline.at(-1)).toMatchObject({ event: 'assigned', partitions: [], data: null });
      await alone.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}

function staysAlive(harness: LogHarness, { minSessionTimeoutMs }: Limits): void {
  it(
    'keeps a member whose onAssigned takes longer than the session timeout',
    async () => {
      const group = await GroupUnderTest.create(harness, 2, minSessionTimeoutMs);
      const slow = await group.member('slow', { onAssigned: () => delay(minSessionTimeoutMs * 1.5) });
      await slow.group.join();
      await slow.group.commit([{ ...group.at(0), offset: 0 }]);
      expect(group.timeline.map((told) => told.event)).toEqual(['assigning', 'assigned']);
      await slow.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'tells a member still in onAssigned by its signal that the group moves on',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const slow = await group.member('slow', {
        onAssigned: (signal) =>
          slow.listener.count('assigning') > 1
            ? Promise.resolve()
            : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      });
      const joining = slow.group.join();
      await eventually('the slow one begins', () => slow.listener.count('assigning') === 1);
      const second = await group.member('second');
      await second.group.join();
      await joining;
      await eventually('both have one partition', () => partitionsOf(slow).length === 1);
      expect(partitionsOf(second)).toHaveLength(1);
      await second.group.leave(LEAVE_TIMEOUT_MS);
      await slow.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}
