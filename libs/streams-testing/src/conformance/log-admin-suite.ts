import { describe, expect, it } from '@jest/globals';
import { GroupUnderTest, LEAVE_TIMEOUT_MS } from './log-group-members.ts';
import { eventually, failureOf, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, produce, readValues, texts } from './log-samples.ts';

export function describeLogAdmin(harness: LogHarness): void {
  describe('admin', () => {
    describesTopics(harness);
    findsOffsets(harness);
    deletes(harness);
    resetsGroups(harness);
  });
}

function describesTopics(harness: LogHarness): void {
  it(
    'describes the topics that exist and leaves absent ones out, without creating them',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 3, { 'cleanup.policy': 'compact' });
      const absent = harness.name('absent');
      for (let time = 0; time < 2; time++) {
        const described = await log.admin.describe([topic, absent]);
        expect([...described.keys()]).toEqual([topic]);
        expect(described.get(topic)?.numPartitions).toBe(3);
        expect(described.get(topic)?.config['cleanup.policy']).toBe('compact');
      }
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'lists the topics that exist, a new one and none that was deleted',
    async () => {
      const log = await harness.log();
      const [kept, deleted] = [await harness.topic(log, 1), await harness.topic(log, 1)];
      const listed = async () => new Set(await log.admin.list());
      await eventually('both topics listed', async () => {
        const topics = await listed();
        return topics.has(kept) && topics.has(deleted);
      });
      await log.admin.deleteTopics([deleted]);
      await eventually('the deleted one gone', async () => !(await listed()).has(deleted));
      expect(await listed()).toContain(kept);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'leaves a topic that exists already as it is',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      await produce(log, { topic, partition: 1 }, texts('kept'));
      await log.admin.create([{ topic, numPartitions: 5 }]);
      expect((await log.admin.describe([topic])).get(topic)?.numPartitions).toBe(2);
      expect(await readValues(log, { topic, partition: 1 })).toEqual(['kept']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows a new topic to other clients, usable at once by the one who created it',
    async () => {
      const [log, other] = [await harness.log(), await harness.log()];
      const topic = await harness.topic(log, 1);
      await produce(log, { topic, partition: 0 }, texts('first'));
      await eventually('the topic seen by another client', async () =>
        (await other.admin.describe([topic])).has(topic),
      );
      expect(await readValues(other, { topic, partition: 0 })).toEqual(['first']);
    },
    TEST_TIMEOUT_MS,
  );
}

function findsOffsets(harness: LogHarness): void {
  it(
    'gives start, end and last stable offset of every partition asked for',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      const partitions = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ];
      await produce(log, partitions[1]!, texts('a', 'b', 'c'));
      const at = async (where: 'start' | 'end' | 'lastStable') =>
        (await log.admin.offsets(partitions, where))
          .toSorted((a, b) => a.partition - b.partition)
          .map((found) => found.offset);
      expect(await at('start')).toEqual([0, 0]);
      expect(await at('end')).toEqual([0, 3]);
      expect(await at('lastStable')).toEqual([0, 3]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'finds the first record at or after a time, also within a batch, and the end when there is none',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const base = Date.now() - 60_000;
      const stamped = (...deltas: number[]) =>
        deltas.map((delta) => ({ ...texts('x')[0]!, timestampMs: base + delta }));
      await produce(log, at, stamped(0, 10, 20));
      await produce(log, at, stamped(30, 40));
      const offsetAt = async (delta: number) =>
        (await log.admin.offsets([at], { timestampMs: base + delta }))[0]!.offset;
      expect(await Promise.all([-5, 10, 11, 20, 21, 40, 41].map(offsetAt))).toEqual([0, 1, 2, 2, 3, 4, 5]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'names an unknown topic',
    async () => {
      const log = await harness.log();
      const topic = harness.name('absent');
      const failure = await failureOf(log.admin.offsets([{ topic, partition: 0 }], 'end'));
      expect(failure).toEqual({ kind: 'unknownTopic', topic });
    },
    TEST_TIMEOUT_MS,
  );
}

function deletes(harness: LogHarness): void {
  it(
    'deletes records before an offset: the start moves, the end stays',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = log.writer();
      await writer.send([batch(at, texts('a', 'b', 'c', 'd'))]);
      await writer.send([batch(at, texts('e', 'f'))]);
      await log.admin.deleteRecords([{ ...at, offset: 3 }]);
      await eventually('the start offset moved', async () => {
        return (await log.admin.offsets([at], 'start'))[0]!.offset === 3;
      });
      expect((await log.admin.offsets([at], 'end'))[0]!.offset).toBe(6);
      const [end] = await writer.send([batch(at, texts('g'))]);
      expect(end!.offset).toBe(7);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'deletes topics',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log);
      await produce(log, { topic, partition: 0 }, texts('gone'));
      await log.admin.deleteTopics([topic]);
      await eventually('the topic is gone', async () => !(await log.admin.describe([topic])).has(topic));
    },
    TEST_TIMEOUT_MS,
  );
}

function resetsGroups(harness: LogHarness): void {
  it(
    'puts the offsets of a group that has no members anywhere, and forgets what was kept beside them',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      const groupId = harness.name('group');
      const [first, second] = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ];
      await produce(log, first, texts('a', 'b', 'c'));
      expect(await log.admin.members(groupId)).toEqual([]);
      await log.admin.resetOffsets(groupId, [
        { ...first, offset: 2 },
        { ...second, offset: 0 },
      ]);
      const found = await log.admin.committed(groupId, [first, second]);
      expect(found.map(({ offset }) => offset)).toEqual([2, 0]);
      expect(found.every(({ metadata = '' }) => metadata === '')).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'tells who belongs to a group, and leaves its offsets alone meanwhile',
    async () => {
      const log = await harness.log();
      const group = await GroupUnderTest.create(harness, 1);
      const { groupId } = group;
      const offsets = [{ ...group.at(0), offset: 0 }];
      const member = await group.member('only');
      await member.group.join();
      expect(await log.admin.members(groupId)).toHaveLength(1);
      expect(await failureOf(log.admin.resetOffsets(groupId, offsets))).toEqual({ kind: 'fenced' });
      await member.group.leave(LEAVE_TIMEOUT_MS);
      expect(await log.admin.members(groupId)).toEqual([]);
      await log.admin.resetOffsets(groupId, offsets);
    },
    TEST_TIMEOUT_MS,
  );
}
