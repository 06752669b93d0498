import { describe, expect, it } from '@jest/globals';
import { failureOf, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, numbered, produce, readValues, texts } from './log-samples.ts';

export function describeLogWriter(harness: LogHarness): void {
  describe('a writer', () => {
    keepsOrder(harness);
    refuses(harness);
  });
}

function keepsOrder(harness: LogHarness): void {
  it(
    'keeps the order of calls that overlap and answers each with its own end offset',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = log.writer();
      const names = numbered('send-', 40);
      const ends = await Promise.all(names.map((name) => writer.send([batch(at, texts(name))])));
      expect(ends).toEqual(names.map((_, index) => [{ ...at, offset: index + 1 }]));
      expect(await readValues(log, at)).toEqual(names);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes several batches of one partition in a call and answers once per partition',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      const [first, second] = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ] as const;
      const ends = await log
        .writer()
        .send([batch(first, texts('a', 'b')), batch(second, texts('x')), batch(first, texts('c'))]);
      expect(ends.toSorted((a, b) => a.partition - b.partition)).toEqual([
        { ...first, offset: 3 },
        { ...second, offset: 1 },
      ]);
      expect(await readValues(log, first)).toEqual(['a', 'b', 'c']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'writes beside other writers without losing a record',
    async () => {
      const logs = [await harness.log(), await harness.log()];
      const at = await harness.partition(logs[0]!);
      await Promise.all(
        logs.map(async (log, index) => {
          const writer = log.writer();
          await Promise.all(numbered(`${index}-`, 20).map((name) => writer.send([batch(at, texts(name))])));
        }),
      );
      const values = await readValues(logs[0]!, at);
      for (const index of [0, 1])
        expect(values.filter((value) => value!.startsWith(`${index}-`))).toEqual(numbered(`${index}-`, 20));
    },
    TEST_TIMEOUT_MS,
  );
}

function refuses(harness: LogHarness): void {
  it(
    'refuses a record larger than the topic allows and goes on with smaller ones',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log, { 'max.message.bytes': '20000' });
      const writer = log.writer();
      await writer.send([batch(at, texts('small'))]);
      const failure = await failureOf(writer.send([batch(at, texts('x'.repeat(50_000)))]));
      expect(failure).toEqual({ kind: 'recordTooLarge', at });
      await writer.send([batch(at, texts('small again'))]);
      expect(await readValues(log, at)).toEqual(['small', 'small again']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'refuses a topic that does not exist',
    async () => {
      const log = await harness.log();
      const topic = harness.name('absent');
      expect(await failureOf(produce(log, { topic, partition: 0 }, texts('lost')))).toEqual({
        kind: 'unknownTopic',
        topic,
      });
    },
    TEST_TIMEOUT_MS,
  );
}
