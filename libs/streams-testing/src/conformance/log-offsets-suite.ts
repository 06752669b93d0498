import { describe, expect, it } from '@jest/globals';
import { failureOf, noMembership, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, endOf, readValues, settled, texts } from './log-samples.ts';

export function describeLogOffsets(harness: LogHarness): void {
  describe('offsets in a transaction', () => {
    becomeVisible(harness);
    staysHidden(harness);
  });
}

async function setUp(harness: LogHarness) {
  const log = await harness.log();
  const topic = await harness.topic(log, 2);
  const [at, other] = [
    { topic, partition: 0 },
    { topic, partition: 1 },
  ] as const;
  const groupId = harness.name('group');
  const writer = await harness.transactional(log);
  const committed = () => log.admin.committed(groupId, [at, other]);
  return { log, at, other, groupId, writer, committed };
}

function becomeVisible(harness: LogHarness): void {
  it(
    'become visible with its commit, with their metadata, and partitions without one are absent',
    async () => {
      const { at, groupId, writer, committed } = await setUp(harness);
      expect(await committed()).toEqual([]);
      const transaction = writer.begin();
      await transaction.addOffsets(noMembership(groupId), [{ ...at, offset: 42, metadata: 'time=1é' }]);
      expect(await transaction.commit()).toBe('committed');
      expect(await committed()).toEqual([{ ...at, offset: 42, metadata: 'time=1é' }]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'are committed together with records, and the last call counts',
    async () => {
      const { log, at, other, groupId, writer, committed } = await setUp(harness);
      const transaction = writer.begin();
      const member = noMembership(groupId);
      await transaction.addOffsets(member, [
        { ...at, offset: 1 },
        { ...other, offset: 5 },
      ]);
      const end = endOf(await transaction.send([batch(at, texts('output'))]));
      await transaction.addOffsets(member, [{ ...at, offset: 2 }]);
      expect(await transaction.commit()).toBe('committed');
      const offsets = (await committed()).toSorted((a, b) => a.partition - b.partition);
      expect(offsets.map(({ partition, offset }) => [partition, offset])).toEqual([
        [0, 2],
        [1, 5],
      ]);
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(['output']);
    },
    TEST_TIMEOUT_MS,
  );

  for (const outcome of ['commit', 'abort'] as const) {
    it(
      `are waited for by committed() while they are pending, until ${outcome}`,
      async () => {
        const { at, groupId, writer, committed } = await setUp(harness);
        const first = writer.begin();
        await first.addOffsets(noMembership(groupId), [{ ...at, offset: 1 }]);
        await first.commit();
        expect((await committed())[0]?.offset).toBe(1);
        const pending = writer.begin();
        await pending.addOffsets(noMembership(groupId), [{ ...at, offset: 2 }]);
        const answer = committed();
        await pending[outcome]();
        expect((await answer)[0]?.offset).toBe(outcome === 'commit' ? 2 : 1);
      },
      TEST_TIMEOUT_MS,
    );
  }
}

function staysHidden(harness: LogHarness): void {
  it(
    'vanish with its abort',
    async () => {
      const { at, groupId, writer, committed } = await setUp(harness);
      const transaction = writer.begin();
      await transaction.addOffsets(noMembership(groupId), [{ ...at, offset: 7 }]);
      await transaction.abort();
      expect(await committed()).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'vanish when a newer owner opens the id, who reads the older ones at once',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const [id, groupId] = [harness.name('transactional'), harness.name('group')];
      const old = await harness.transactional(log, id);
      const first = old.begin();
      await first.addOffsets(noMembership(groupId), [{ ...at, offset: 1 }]);
      await first.commit();
      await old.begin().addOffsets(noMembership(groupId), [{ ...at, offset: 2 }]);
      await harness.transactional(await harness.log(), id);
      expect((await log.admin.committed(groupId, [at]))[0]?.offset).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'are refused for a member that the group does not know, and the transaction can be aborted',
    async () => {
      const { at, groupId, writer, committed } = await setUp(harness);
      const transaction = writer.begin();
      const stranger = { groupId, generation: 3, memberId: 'stranger', instanceId: null };
      const added = transaction.addOffsets(stranger, [{ ...at, offset: 9 }]);
      expect(await failureOf(added)).toEqual({ kind: 'fenced' });
      await transaction.abort();
      expect(await committed()).toEqual([]);
      expect(await writer.begin().commit()).toBe('committed');
    },
    TEST_TIMEOUT_MS,
  );
}
