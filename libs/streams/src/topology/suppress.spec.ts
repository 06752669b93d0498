import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BufferFullError,
  json,
  session,
  sliding,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type SuppressBuffer,
} from '@hiveframe/streams';
import type { TopologyTestDriver } from '@hiveframe/streams-testing';
import { drive, driveBatches, NOTHING_CACHED } from '../../test/support/tables.ts';

const prices = topic('prices', { key: string(), value: json<number>() });
const clicks = topic('clicks', { key: string(), value: json<number>() });
const results = topic('results', { key: string(), value: json<number>() });

function calm(limitMs: number, buffer?: SuppressBuffer<'emitEarly' | 'shutDown'>): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder
    .table(prices, { name: 'prices' })
    .suppress({ name: 'calm', until: 'timeLimit', limitMs, ...(buffer && { buffer }) })
    .to(results);
  return builder;
}

const pipe = (driver: TopologyTestDriver, key: string, value: number | null, timestampMs: number) =>
  driver.input(prices).pipe(value, { key, timestampMs });
const read = async (driver: TopologyTestDriver) =>
  (await driver.output(results).readAll()).map(({ key, value, timestampMs }) => [key, value, timestampMs]);

describe('KTable.suppress until a time limit', () => {
  it('passes on the last of several changes, when the first has waited for so long', async () => {
    const driver = drive(calm(10));
    await pipe(driver, 'a', 1, 100);
    await pipe(driver, 'a', 2, 105);
    await pipe(driver, 'b', 9, 109);
    expect(await read(driver)).toEqual([]);
    await pipe(driver, 'b', 8, 110); // a has waited for 10 ms
    expect(await read(driver)).toEqual([['a', 2, 105]]);
    await pipe(driver, 'c', 7, 119);
    expect(await read(driver)).toEqual([['b', 8, 110]]);
  });

  it('keeps a deletion for those who have the row, and drops one for those who never had it (D11)', async () => {
    const driver = drive(calm(10));
    await pipe(driver, 'a', 1, 100);
    await pipe(driver, 'a', null, 105); // came and went
    await pipe(driver, 'b', 2, 106);
    await pipe(driver, 'b', null, 120); // b is due, and leaves first
    await pipe(driver, 'c', 0, 150);
    expect(await read(driver)).toEqual([
      ['b', 2, 106],
      ['b', null, 120],
    ]);
  });

  it.each([{}, NOTHING_CACHED])('goes on with what it held back after a crash (%j)', async (options) => {
    const driver = drive(calm(10), { numPartitions: 3, ...options });
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    for (const [i, key] of keys.entries()) await pipe(driver, key, i, 100);
    await driver.crashAndRestart();
    expect(await driver.output(results).readValues()).toEqual([]);
    for (const value of [50, 60]) {
      for (const key of keys) await pipe(driver, key, value, 100 + 10 * value);
      await driver.crashAndRestart();
    }
    const passed = await read(driver);
    expect(passed).toHaveLength(2 * keys.length); // the third change is held back
    for (const key of keys) await pipe(driver, key, 60, 1_000);
    const last = new Map([...passed, ...(await read(driver))].map(([key, value]) => [key, value]));
    expect(last).toEqual(new Map(keys.map((key) => [key, 60])));
  });

  it('takes an update that is older than the row it replaces, in the order of the log (D22)', async () => {
    const driver = drive(calm(10));
    await pipe(driver, 'a', 1, 100);
    await pipe(driver, 'a', 2, 95);
    await pipe(driver, 'b', 0, 110);
    expect(await read(driver)).toEqual([['a', 2, 95]]);
  });

  it('passes on what is due first when the buffer is full, and may do so early', async () => {
    const driver = drive(calm(1_000, { maxRecords: 2, whenFull: 'emitEarly' }), NOTHING_CACHED);
    await pipe(driver, 'a', 1, 102);
    await pipe(driver, 'b', 2, 101);
    await driver.crashAndRestart(); // how much it holds is known again
    await pipe(driver, 'c', 3, 103);
    expect(await read(driver)).toEqual([['b', 2, 101]]);
    await pipe(driver, 'a', 4, 104); // held back already: nothing more is held
    expect(await read(driver)).toEqual([]);
  });

  it('counts bytes too', async () => {
    const driver = drive(calm(1_000, { maxBytes: 40, whenFull: 'emitEarly' }));
    await pipe(driver, 'a', 1, 100);
    await pipe(driver, 'b', 2, 101);
    expect(await read(driver)).toEqual([]);
    await pipe(driver, 'c', 3, 102);
    expect(await read(driver)).toEqual([['a', 1, 100]]);
  });

  it('ends the application when the buffer is full and that was asked for, whatever the handlers say', async () => {
    const driver = drive(calm(1_000, { maxRecords: 1, whenFull: 'shutDown' }), {
      onProcessingFailure: 'continue',
    });
    await pipe(driver, 'a', 1, 100);
    const full = pipe(driver, 'b', 2, 101);
    await expect(full).rejects.toThrow(BufferFullError);
    await expect(full).rejects.toThrow('in calm: its buffer is full (1 rows)');
  });

  it('D23 gives groups behind it exactly what they had before', async () => {
    const builder = new StreamsBuilder();
    builder
      .table(prices, { name: 'prices' })
      .suppress({ name: 'calm', until: 'timeLimit', limitMs: 10 })
      .groupBy((value) => ({ key: 'all', value }), { name: 'total' })
      .aggregate({ initializer: () => 0, adder: (sum, v) => sum + v, subtractor: (sum, v) => sum - v })
      .to(results);
    const driver = drive(builder, NOTHING_CACHED);
    const changes: [string, number | null][] = [
      ['a', 1],
      ['b', 2],
      ['a', 5],
      ['b', null],
      ['c', 7],
      ['a', 6],
    ];
    for (const [i, [key, value]] of changes.entries()) await pipe(driver, key, value, 100 + 7 * i);
    await driver.crashAndRestart();
    await pipe(driver, 'end', 0, 1_000);
    await pipe(driver, 'end', 0, 2_000);
    expect((await driver.output(results).readValues()).at(-1)).toBe(13);
  });

  it('shows others the row that it passed on last', async () => {
    const builder = new StreamsBuilder();
    const rows = builder
      .table(prices, { name: 'prices' })
      .suppress({ name: 'calm', until: 'timeLimit', limitMs: 10 });
    builder
      .stream(clicks)
      .leftJoin(rows, { name: 'seen', joiner: (_click, price) => price ?? -1 })
      .to(results);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([
      { topic: 'prices', key: 'a', value: 1, at: 100 },
      { topic: 'clicks', key: 'a', value: 0, at: 101 }, // held back: not there yet
      { topic: 'clicks', key: 'b', value: 0, at: 110 },
    ]);
    await driver.crashAndRestart();
    await write([
      { topic: 'clicks', key: 'a', value: 0, at: 111 },
      { topic: 'prices', key: 'a', value: 2, at: 116 },
      { topic: 'clicks', key: 'a', value: 0, at: 117 },
      { topic: 'clicks', key: 'b', value: 0, at: 126 },
    ]);
    await write([{ topic: 'clicks', key: 'a', value: 0, at: 127 }]);
    expect(await driver.output(results).readValues()).toEqual([-1, -1, 1, 1, -1, 2]);
  });

  it.each([Infinity, 1_000])(
    'takes changes that wait for a read before what a record behind them lets go (maxBytes %d)',
    async (maxBytes) => {
      const { driver, write } = await driveBatches(calm(10, { maxBytes, whenFull: 'emitEarly' }), {
        ...NOTHING_CACHED,
        onProcessingFailure: 'fail',
      });
      await write(['a', 'b', 'c'].map((key) => ({ topic: 'prices', key, value: 1, at: 100 })));
      await write([{ topic: 'prices', key: 'd', value: 0, at: 101 }]); // the others are not cached any more
      await write([
        { topic: 'prices', key: 'a', value: null, at: 105 }, // came and went
        { topic: 'prices', key: 'b', value: 2, at: 105 },
        { topic: 'prices', key: 'c', value: null, at: 105 }, // came and went, and waits anew from here on
        { topic: 'prices', key: 'c', value: 3, at: 106 },
        { topic: 'prices', key: 'd', value: 4, at: 115 },
      ]);
      expect(await read(driver)).toEqual([
        ['b', 2, 105],
        ['d', 0, 101],
      ]);
      await write([{ topic: 'prices', key: 'e', value: 5, at: 120 }]);
      expect(await read(driver)).toEqual([['c', 3, 106]]);
    },
  );

  it('is right whatever comes: in the end the rows, and never more changes than went in', async () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }),
      at: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), fc.boolean(), async (changes, crash) => {
        const { driver, write } = await driveBatches(calm(10), NOTHING_CACHED);
        const half = crash ? changes.length >> 1 : changes.length;
        const records = changes.map((one) => ({ topic: 'prices', ...one }));
        await write(records.slice(0, half));
        if (crash) await driver.crashAndRestart();
        await write([...records.slice(half), { topic: 'prices', key: 'end', value: 0, at: 1_000 }]);
        await write([{ topic: 'prices', key: 'end', value: 0, at: 2_000 }]);
        const passed = (await driver.output(results).readAll()).filter(({ key }) => key !== 'end');
        const rows = (all: readonly { key: string; value: number | null }[]) =>
          new Map(
            [...new Map(all.map(({ key, value }) => [key, value]))].filter(([, value]) => value !== null),
          );
        expect(rows(passed)).toEqual(rows(changes));
        expect(passed.length).toBeLessThanOrEqual(changes.length);
      }),
      { numRuns: 25 },
    );
  });
});

describe('KTable.suppress until windows close', () => {
  const count = (builder: StreamsBuilder) => builder.stream(clicks).groupByKey({ name: 'counts' });
  const flat = (rows: ReturnType<typeof closed>) => {
    rows
      .toStream()
      .selectKey((_value, { key, window }) => `${key}@${window.startMs}-${window.endMs}`)
      .to(results);
  };
  const closed = (builder: StreamsBuilder) =>
    count(builder)
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 5 })
      .count()
      .suppress({ name: 'closed', until: 'windowCloses' });
  const click = (driver: TopologyTestDriver, key: string, timestampMs: number) =>
    driver.input(clicks).pipe(1, { key, timestampMs });

  it.each([{}, NOTHING_CACHED])(
    'gives one result for each window, when end and grace have passed, also after a crash (%j)',
    async (options) => {
      const builder = new StreamsBuilder();
      flat(closed(builder));
      const driver = drive(builder, options);
      for (const at of [1, 9, 11, 14, 3]) await click(driver, 'a', at); // the last one within the grace
      expect(await read(driver)).toEqual([]);
      await driver.crashAndRestart();
      await click(driver, 'b', 15);
      expect(await read(driver)).toEqual([['a@0-10', 3, 9]]);
      await click(driver, 'a', 2); // late
      await driver.crashAndRestart();
      await click(driver, 'b', 25);
      expect(await read(driver)).toEqual([
        ['a@10-20', 2, 14],
        ['b@10-20', 1, 15],
      ]);
    },
  );

  it('gives what emit: final gives, windows behind windows included', async () => {
    const behind = (builder: StreamsBuilder, final: boolean) => {
      const windows = count(builder).windowedBy(tumbling({ sizeMs: 10 }), {
        graceMs: 5,
        emit: final ? 'final' : 'updates',
      });
      const rows = final
        ? windows.count().toStream()
        : windows.count().suppress({ name: 'closed', until: 'windowCloses' }).toStream();
      rows
        .selectKey((_count, { key }) => key)
        .groupByKey({ name: 'sums', key: string(), value: json<number>() })
        .windowedBy(tumbling({ sizeMs: 20 }), { graceMs: 0, emit: 'final' })
        .reduce({ reducer: (a, b) => a + b })
        .toStream()
        .selectKey((_sum, { key, window }) => `${key}@${window.startMs}`)
        .to(results);
    };
    const run = async (final: boolean) => {
      const builder = new StreamsBuilder();
      behind(builder, final);
      const driver = drive(builder);
      for (const at of [1, 12, 8, 25, 21, 39, 41, 44, 61, 90, 200]) await click(driver, 'a', at);
      await driver.crashAndRestart();
      await click(driver, 'a', 400);
      return read(driver);
    };
    expect(await run(false)).toEqual(await run(true));
  });

  it('drops the deletions by which sessions grow: nobody had the session (D11)', async () => {
    const builder = new StreamsBuilder();
    count(builder)
      .windowedBy(session({ gapMs: 10 }), { graceMs: 0 })
      .count()
      .suppress({ name: 'closed', until: 'windowCloses' })
      .toStream()
      .selectKey((_value, { key, window }) => `${key}@${window.startMs}-${window.endMs}`)
      .to(results);
    const driver = drive(builder);
    for (const at of [1, 5, 12]) await click(driver, 'a', at);
    await driver.crashAndRestart();
    await click(driver, 'b', 22);
    expect(await read(driver)).toEqual([]); // a record of 22 would still have come to it
    await click(driver, 'b', 23);
    expect(await read(driver)).toEqual([['a@1-12', 3, 12]]);
  });

  it('waits for the end of sliding windows', async () => {
    const builder = new StreamsBuilder();
    count(builder)
      .windowedBy(sliding({ differenceMs: 10 }), { graceMs: 5 })
      .count()
      .filter((value) => value > 1)
      .suppress({ name: 'closed', until: 'windowCloses' })
      .toStream()
      .selectKey((_value, { key, window }) => `${key}@${window.startMs}-${window.endMs}`)
      .to(results);
    const driver = drive(builder);
    for (const at of [101, 105]) await click(driver, 'a', at);
    await click(driver, 'b', 140);
    expect(await read(driver)).toEqual([['a@95-105', 2, 105]]);
  });

  it('refuses a table that is not made of windows', () => {
    const builder = new StreamsBuilder();
    const table = closed(builder).mapValues((value) => value) as ReturnType<typeof closed>;
    expect(() =>
      (table as never as { suppress(o: object): void }).suppress({ name: 'again', until: 'windowCloses' }),
    ).toThrow('Cannot suppress again until windows close');
  });

  it('refuses a limit and a buffer that cannot be', () => {
    expect(() => calm(-1)).toThrow('limitMs is -1');
    expect(() => calm(1, { maxRecords: 0, whenFull: 'emitEarly' })).toThrow('maxRecords is 0');
  });
});
