import { describe, expect, it } from '@jest/globals';
import type { LogPort, LogReader, TopicPartition } from '@hiveframe/streams';
import { delay, failureOf, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, Collector, produce, texts } from './log-samples.ts';

export function describeLogPolling(harness: LogHarness): void {
  describe('a reader', () => {
    waits(harness);
    pauses(harness);
    moves(harness);
    knowsItsEnd(harness);
    closes(harness);
  });
}

function collect(log: LogPort, ...partitions: readonly TopicPartition[]): Collector {
  const collector = new Collector(log.reader({ isolation: 'read_committed' }));
  for (const at of partitions) collector.reader.assign(at, 0);
  return collector;
}

async function twoPartitions(harness: LogHarness, log: LogPort) {
  const topic = await harness.topic(log, 2);
  return [
    { topic, partition: 0 },
    { topic, partition: 1 },
  ] as const;
}

function waits(harness: LogHarness): void {
  it(
    'waits about maxWaitMs when there is nothing, then gives nothing',
    async () => {
      const log = await harness.log();
      const { reader } = collect(log, await harness.partition(log));
      await reader.poll({ maxWaitMs: 0 });
      const startMs = performance.now();
      expect(await reader.poll({ maxWaitMs: 400 })).toEqual([]);
      const waitedMs = performance.now() - startMs;
      expect(waitedMs).toBeGreaterThan(300);
      expect(waitedMs).toBeLessThan(5_000);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'wakes up when a record is written by another client, long before maxWaitMs',
    async () => {
      const [log, other] = [await harness.log(), await harness.log()];
      const at = await harness.partition(log);
      const collector = collect(log, at);
      const startMs = performance.now();
      const polled = collector.until('the record', () => collector.records(at).length > 0);
      await produce(other, at, texts('hello'));
      await polled;
      expect(collector.values(at)).toEqual(['hello']);
      expect(performance.now() - startMs).toBeLessThan(15_000);
      const waiting = collector.poll(20_000);
      await delay(100);
      await produce(other, at, texts('again'));
      await waiting;
      expect(collector.values(at)).toEqual(['hello', 'again']);
      expect(performance.now() - startMs).toBeLessThan(15_000);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'wakes up when a partition is assigned or resumed while it waits',
    async () => {
      const log = await harness.log();
      const [first, second] = await twoPartitions(harness, log);
      await produce(log, first, texts('one'));
      await produce(log, second, texts('two'));
      const collector = collect(log);
      const startMs = performance.now();
      const waiting = collector.poll(20_000);
      collector.reader.assign(first, 0);
      await waiting;
      collector.reader.pause(first);
      collector.reader.assign(second, 0);
      collector.reader.pause(second);
      const again = collector.poll(20_000);
      collector.reader.resume(second);
      await again;
      expect([...collector.values(first), ...collector.values(second)]).toEqual(['one', 'two']);
      expect(performance.now() - startMs).toBeLessThan(15_000);
    },
    TEST_TIMEOUT_MS,
  );
}

function pauses(harness: LogHarness): void {
  it(
    'brings nothing of a paused partition and goes on where it was after resume',
    async () => {
      const log = await harness.log();
      const [first, second] = await twoPartitions(harness, log);
      const collector = collect(log, first, second);
      await produce(log, first, texts('a'));
      await collector.reach(first, 1);
      collector.reader.pause(first);
      await produce(log, first, texts('b', 'c'));
      await produce(log, second, texts('x'));
      await collector.reach(second, 1);
      await collector.poll(300);
      expect(collector.values(first)).toEqual(['a']);
      collector.reader.resume(first);
      await collector.reach(first, 3);
      expect(collector.values(first)).toEqual(['a', 'b', 'c']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'brings nothing of a partition that was paused or unassigned while poll was waiting',
    async () => {
      const log = await harness.log();
      const [first, second] = await twoPartitions(harness, log);
      const collector = collect(log, first, second);
      const waiting = collector.poll(1_500);
      collector.reader.pause(first);
      collector.reader.unassign(second);
      await produce(log, first, texts('paused'));
      await produce(log, second, texts('unassigned'));
      expect(await waiting).toEqual([]);
      collector.reader.resume(first);
      await collector.reach(first, 1);
      expect(collector.values(first)).toEqual(['paused']);
      expect(collector.values(second)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
}

function moves(harness: LogHarness): void {
  it(
    'moves to another offset when a partition is assigned again',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      await produce(log, at, texts('a', 'b', 'c'));
      const collector = collect(log, at);
      await collector.reach(at, 3);
      collector.reader.assign(at, 1);
      await collector.until('two records again', () => collector.records(at).length >= 5);
      expect(collector.values(at)).toEqual(['a', 'b', 'c', 'b', 'c']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'says once that an offset is out of range, with the range, and serves the other partitions',
    async () => {
      const log = await harness.log();
      const [first, second] = await twoPartitions(harness, log);
      const writer = log.writer();
      await writer.send([batch(first, texts('a', 'b', 'c')), batch(second, texts('x'))]);
      await log.admin.deleteRecords([{ ...first, offset: 2 }]);
      const collector = collect(log, first);
      expect(await outOfRange(collector)).toEqual({
        kind: 'offsetOutOfRange',
        at: first,
        startOffset: 2,
        endOffset: 3,
      });
      collector.reader.assign(second, 0);
      await collector.reach(second, 1);
      collector.reader.assign(first, 2);
      await collector.reach(first, 3);
      expect(collector.values(first)).toEqual(['c']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'says that an offset beyond the end is out of range',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      await produce(log, at, texts('a'));
      const collector = collect(log);
      collector.reader.assign(at, 50);
      expect(await outOfRange(collector)).toMatchObject({ kind: 'offsetOutOfRange', endOffset: 1 });
    },
    TEST_TIMEOUT_MS,
  );
}

/** The failure of the first poll that fails; the answer of a broker may take more than one poll. */
async function outOfRange(collector: Collector) {
  return failureOf(collector.until('an offset out of range', () => false));
}

function knowsItsEnd(harness: LogHarness): void {
  const catchesUp = (collector: Collector, at: TopicPartition) =>
    collector.until('the end to be known', () => collector.reader.sinceCaughtUpMs(at) < 5_000);

  it(
    'tells how long ago a partition held nothing more: not while it has something, nor before it was heard',
    async () => {
      const log = await harness.log();
      const [first, second] = await twoPartitions(harness, log);
      await produce(log, first, texts('a'));
      const collector = collect(log, first, second);
      const { reader } = collector;
      expect(reader.sinceCaughtUpMs(first)).toBe(Infinity);
      await collector.reach(first, 1);
      await catchesUp(collector, first);
      await catchesUp(collector, second);
      reader.unassign(second);
      expect(reader.sinceCaughtUpMs(second)).toBe(Infinity);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes what is not committed yet for something',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = log.transactionalWriter({
        transactionalId: `id-${at.topic}`,
        transactionTimeoutMs: 60_000,
      });
      await writer.open();
      const collector = collect(log, at);
      await catchesUp(collector, at);
      const transaction = writer.begin();
      await transaction.send([batch(at, texts('open'))]);
      const openedMs = performance.now();
      await collector.poll(2_000);
      const elapsedMs = performance.now() - openedMs;
      expect(collector.reader.sinceCaughtUpMs(at)).toBeGreaterThanOrEqual(elapsedMs);
      await transaction.abort();
      await catchesUp(collector, at);
      expect(collector.values(at)).toEqual([]);
      await writer.close();
    },
    TEST_TIMEOUT_MS,
  );
}

function closes(harness: LogHarness): void {
  it.each([
    ['the reader', (_log: LogPort, reader: LogReader) => reader.close()],
    ['the log', (log: LogPort) => log.close(5_000)],
  ] as const)(
    'ends a waiting poll when %s is closed, and refuses another',
    async (_what, close) => {
      const log = await harness.log();
      const { reader } = collect(log, await harness.partition(log));
      const startMs = performance.now();
      const waiting = reader.poll({ maxWaitMs: 30_000 }).catch(() => []);
      await delay(100);
      await close(log, reader);
      expect(await waiting).toEqual([]);
      expect(performance.now() - startMs).toBeLessThan(15_000);
      const again = reader.poll({ maxWaitMs: 30_000 });
      await expect(again).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    },
    TEST_TIMEOUT_MS,
  );
}
