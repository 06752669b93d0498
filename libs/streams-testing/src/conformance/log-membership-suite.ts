import { describe, expect, it } from '@jest/globals';
import { eventually, failureOf, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { ascending, GroupUnderTest, LEAVE_TIMEOUT_MS } from './log-group-members.ts';

export function describeLogMembership(harness: LogHarness): void {
  describe('a membership', () => {
    commitsOffsets(harness);
    fencesStaleMembers(harness);
  });
}

function commitsOffsets(harness: LogHarness): void {
  it(
    'keeps the offsets its member commits, with metadata, also for the next generation',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const log = await harness.log();
      const alone = await group.member('alone', undefined, log);
      await alone.group.join();
      await alone.group.commit([{ ...group.at(0), offset: 3, metadata: 'm' }]);
      await alone.group.commit([{ ...group.at(0), offset: 5, metadata: 'newer' }]);
      await alone.group.leave(LEAVE_TIMEOUT_MS);
      expect(await log.admin.committed(group.groupId, [group.at(0), group.at(1)])).toEqual([
        { ...group.at(0), offset: 5, metadata: 'newer' },
      ]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'lets a member commit in onRevoked, plain and in a transaction, before the next one starts',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const log = await harness.log();
      const writer = await harness.transactional(log);
      const first = await group.member('first', {
        onRevoked: async () => {
          await first.group.commit([{ ...group.at(0), offset: 8 }]);
          const transaction = writer.begin();
          await transaction.addOffsets(first.group.membership(), [{ ...group.at(1), offset: 9 }]);
          await transaction.commit();
        },
      });
      await first.group.join();
      const second = await group.member('second', {
        onAssigned: async () => {
          offsets = await log.admin.committed(group.groupId, [group.at(0), group.at(1)]);
        },
      });
      let offsets: readonly { readonly offset: number }[] = [];
      await second.group.join();
      expect(offsets.map((committed) => committed.offset).toSorted(ascending)).toEqual([8, 9]);
      await second.group.leave(LEAVE_TIMEOUT_MS);
      await first.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}

function fencesStaleMembers(harness: LogHarness): void {
  it(
    'refuses a membership of an older generation in a transaction, and takes the one of now',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const log = await harness.log();
      const first = await group.member('first', undefined, log);
      await first.group.join();
      const stale = first.group.membership();
      const second = await group.member('second');
      await second.group.join();
      await eventually('the first is in again', () => first.listener.count('assigned') === 2);
      const writer = await harness.transactional(log);
      const refused = writer.begin();
      const added = refused.addOffsets(stale, [{ ...group.at(0), offset: 1 }]);
      expect(await failureOf(added)).toEqual({ kind: 'fenced' });
      await refused.abort();
      const taken = writer.begin();
      await taken.addOffsets(first.group.membership(), [{ ...group.at(0), offset: 2 }]);
      expect(await taken.commit()).toBe('committed');
      expect((await log.admin.committed(group.groupId, [group.at(0)]))[0]?.offset).toBe(2);
      await second.group.leave(LEAVE_TIMEOUT_MS);
      await first.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses the commit of a member that has left',
    async () => {
      const group = await GroupUnderTest.create(harness, 2);
      const log = await harness.log();
      const gone = await group.member('gone', undefined, log);
      await gone.group.join();
      const stale = gone.group.membership();
      await gone.group.leave(LEAVE_TIMEOUT_MS);
      const successor = await group.member('successor', undefined, log);
      await successor.group.join();
      expect(await failureOf(gone.group.commit([{ ...group.at(0), offset: 1 }]))).toEqual({ kind: 'fenced' });
      const transaction = (await harness.transactional(log)).begin();
      const added = transaction.addOffsets(stale, [{ ...group.at(0), offset: 1 }]);
      expect(await failureOf(added)).toEqual({ kind: 'fenced' });
      await transaction.abort();
      expect(await log.admin.committed(group.groupId, [group.at(0)])).toEqual([]);
      await successor.group.leave(LEAVE_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
}
