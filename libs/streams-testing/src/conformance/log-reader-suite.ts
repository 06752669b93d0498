import { describe, expect, it } from '@jest/globals';
import { TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import {
  batch,
  Collector,
  numbered,
  produce,
  readAll,
  readValues,
  texts,
  type Sample,
} from './log-samples.ts';

export function describeLogReader(harness: LogHarness): void {
  describe('records', () => {
    keepsRecords(harness);
    findsItsPlace(harness);
    readsMuch(harness);
  });
}

function keepsRecords(harness: LogHarness): void {
  it(
    'come back with their offsets in the order they were written',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      expect(await produce(log, at, texts('a', 'b'))).toBe(2);
      expect(await produce(log, at, texts('c'))).toBe(3);
      const records = await readAll(log, at);
      expect(records.map((record) => [record.offset, record.value?.toString()])).toEqual([
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'keep null keys, tombstones, empty keys and values, timestamps and repeated headers',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const now = Date.now();
      const text = (value: string) => Buffer.from(value);
      const samples: Sample[] = [
        { key: null, value: text('no key'), timestampMs: now, headers: [] },
        { key: text('tombstone'), value: null, timestampMs: now - 1000, headers: [] },
        { key: text(''), value: text(''), timestampMs: now + 1000, headers: [] },
        { key: null, value: null, timestampMs: now, headers: [] },
        {
          key: text('ключ'),
          value: text('值'),
          timestampMs: now,
          headers: [
            ['trace', text('1')],
            ['trace', text('2')],
            ['nothing', null],
            ['empty', text('')],
            ['größe', text('ü')],
          ],
        },
      ];
      await produce(log, at, samples);
      const records = await readAll(log, at);
      expect(records).toEqual(samples.map((sample, offset) => ({ offset, ...sample })));
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'of a megabyte, nearly, come back whole beside small ones',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const big = Buffer.alloc(900_000, 'large record ');
      await produce(log, at, texts('before'));
      await produce(log, at, [{ key: null, value: big, timestampMs: 1 }]);
      await produce(log, at, texts('after'));
      const records = await readAll(log, at, { isolation: 'read_committed', maxBufferedBytes: 64 * 1024 });
      expect(records.map((record) => record.value!.length)).toEqual([6, 900_000, 5]);
      expect(records[1]!.value!.equals(big)).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );
}

function findsItsPlace(harness: LogHarness): void {
  it(
    'before the position asked for are skipped, also in the middle of a batch',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      await produce(log, at, texts('a', 'b', 'c', 'd'));
      await produce(log, at, texts('e'));
      const records = await readAll(log, at, { isolation: 'read_uncommitted' }, 2);
      expect(records.map((record) => record.offset)).toEqual([2, 3, 4]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'come with the high watermark and the last stable offset',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      await produce(log, at, texts('a', 'b', 'c'));
      const writer = await harness.transactional(log);
      const open = writer.begin();
      await open.send([batch(at, texts('open', 'open'))]);
      const collector = new Collector(log.reader({ isolation: 'read_uncommitted' }));
      collector.reader.assign(at, 0);
      await collector.reach(at, 5);
      expect(collector.last(at)).toMatchObject({ nextOffset: 5, highWatermark: 5, lastStableOffset: 3 });
      await open.abort();
    },
    TEST_TIMEOUT_MS,
  );
}

function readsMuch(harness: LogHarness): void {
  it(
    'of many partitions come through one reader, each in its own order',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 12);
      const partitions = Array.from({ length: 12 }, (_, partition) => ({ topic, partition }));
      const writer = log.writer();
      for (const round of ['x', 'y'])
        await writer.send(
          partitions.map((at) => batch(at, texts(...numbered(`${round}${at.partition}-`, 5)))),
        );
      const collector = new Collector(log.reader({ isolation: 'read_committed' }));
      for (const at of partitions) collector.reader.assign(at, 0);
      for (const at of partitions) await collector.reach(at, 10);
      for (const at of partitions) {
        const expected = ['x', 'y'].flatMap((round) => numbered(`${round}${at.partition}-`, 5));
        expect(collector.values(at)).toEqual(expected);
      }
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'far beyond the read-ahead bound all come, in order',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = log.writer();
      const names = numbered('record-', 60);
      const filler = 'f'.repeat(50_000);
      for (const name of names) await writer.send([batch(at, texts(`${name} ${filler}`))]);
      const records = await readAll(log, at, { isolation: 'read_committed', maxBufferedBytes: 200_000 });
      expect(records.map((record) => record.value!.toString().split(' ')[0])).toEqual(names);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'are not waited for by other partitions: a partition at its end holds nobody up',
    async () => {
      const log = await harness.log();
      const topic = await harness.topic(log, 2);
      const [idle, busy] = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ] as const;
      await produce(log, busy, texts('a', 'b'));
      const collector = new Collector(log.reader({ isolation: 'read_committed' }));
      collector.reader.assign(idle, 0);
      collector.reader.assign(busy, 0);
      await collector.reach(busy, 2);
      expect(collector.values(busy)).toEqual(['a', 'b']);
      await produce(log, idle, texts('late'));
      await collector.until('the late record', () => collector.values(idle).length === 1);
      expect(await readValues(log, idle)).toEqual(['late']);
    },
    TEST_TIMEOUT_MS,
  );
}
