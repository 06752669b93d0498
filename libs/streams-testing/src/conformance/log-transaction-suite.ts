import { describe, expect, it } from '@jest/globals';
import { failureOf, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, Collector, endOf, numbered, produce, readValues, settled, texts } from './log-samples.ts';

export function describeLogTransactions(harness: LogHarness): void {
  describe('a transaction', () => {
    commits(harness);
    aborts(harness);
    fails(harness);
  });
}

function commits(harness: LogHarness): void {
  it(
    'shows all its records in all partitions after its commit, none before',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      const [first, second] = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ] as const;
      const writer = await harness.transactional(log);
      const transaction = writer.begin();
      await transaction.send([batch(first, texts('a', 'b')), batch(second, texts('x'))]);
      const ends = await transaction.send([batch(first, texts('c'))]);
      expect(ends).toEqual([{ ...first, offset: 3 }]);
      expect(await readValues(log, first)).toEqual([]);
      expect(await readValues(log, first, { isolation: 'read_uncommitted' })).toEqual(['a', 'b', 'c']);
      expect(await transaction.commit()).toBe('committed');
      await settled(log, first, 3);
      await settled(log, second, 1);
      expect(await readValues(log, first)).toEqual(['a', 'b', 'c']);
      expect(await readValues(log, second)).toEqual(['x']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'keeps the order of sends that overlap',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      const transaction = writer.begin();
      const names = numbered('send-', 30);
      const ends = await Promise.all(names.map((name) => transaction.send([batch(at, texts(name))])));
      expect(ends.map(endOf)).toEqual(names.map((_, index) => index + 1));
      expect(await transaction.commit()).toBe('committed');
      await settled(log, at, 30);
      expect(await readValues(log, at)).toEqual(names);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'follows another at once, many times, and an empty one commits too',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      const names = numbered('transaction-', 25);
      let end = 0;
      for (const name of names) {
        const transaction = writer.begin();
        end = endOf(await transaction.send([batch(at, texts(name))]));
        expect(await transaction.commit()).toBe('committed');
        expect(await writer.begin().commit()).toBe('committed');
        const withNothing = writer.begin();
        expect(await withNothing.send([])).toEqual([]);
        expect(await withNothing.commit()).toBe('committed');
      }
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(names);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'wakes up a waiting read_committed reader when it commits',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      const transaction = writer.begin();
      await transaction.send([batch(at, texts('now'))]);
      const collector = new Collector(log.reader({ isolation: 'read_committed' }));
      collector.reader.assign(at, 0);
      const startMs = performance.now();
      expect(await collector.poll(300)).toEqual([]);
      const waiting = collector.poll(20_000);
      await transaction.commit();
      await waiting;
      expect(collector.values(at)).toEqual(['now']);
      expect(performance.now() - startMs).toBeLessThan(15_000);
    },
    TEST_TIMEOUT_MS,
  );
}

function aborts(harness: LogHarness): void {
  it(
    'shows nothing after its abort, and lets the readers move on',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      const transaction = writer.begin();
      const end = endOf(await transaction.send([batch(at, texts('never', 'seen'))]));
      await transaction.abort();
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual([]);
      await produce(log, at, texts('after'));
      expect(await readValues(log, at)).toEqual(['after']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends without any effect when nothing was sent',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      await writer.begin().abort();
      const transaction = writer.begin();
      const end = endOf(await transaction.send([batch(at, texts('kept'))]));
      expect(await transaction.commit()).toBe('committed');
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(['kept']);
    },
    TEST_TIMEOUT_MS,
  );
}

function fails(harness: LogHarness): void {
  it(
    'can be aborted after a record was too large, and the next one commits',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log, { 'max.message.bytes': '20000' });
      const writer = await harness.transactional(log);
      const failing = writer.begin();
      await failing.send([batch(at, texts('dropped'))]);
      const failure = await failureOf(failing.send([batch(at, texts('x'.repeat(50_000)))]));
      expect(failure).toEqual({ kind: 'recordTooLarge', at });
      await failing.abort();
      const next = writer.begin();
      const end = endOf(await next.send([batch(at, texts('kept'))]));
      expect(await next.commit()).toBe('committed');
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(['kept']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'keeps its records hidden when its client closes without ending it, once the id is opened again',
    async () => {
      const [log, other] = [await harness.log(), await harness.log()];
      const at = await harness.partition(log);
      const id = harness.name('transactional');
      const abandoned = await harness.transactional(other, id);
      const end = endOf(await abandoned.begin().send([batch(at, texts('abandoned'))]));
      await other.close(5_000);
      await harness.transactional(log, id);
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
}
