import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { json, string, StreamsBuilder, topic } from '@hiveframe/streams';
import type { TopologyTestDriver } from '@hiveframe/streams-testing';
import { drive, driveBatches, NOTHING_CACHED } from '../../test/support/tables.ts';

const rates = topic('rates', { key: string(), value: json<number>() });
const sales = topic('sales', { key: string(), value: json<string>() });
const priced = topic('priced', { key: string(), value: json<string>() });
const now = topic('rates-now', { key: string(), value: json<number>() });

function declare(historyRetentionMs = 100): StreamsBuilder {
  const builder = new StreamsBuilder();
  const table = builder.table(rates, { name: 'rates', store: { historyRetentionMs } });
  table.to(now);
  builder
    .stream(sales)
    .leftJoin(
      table.mapValues((rate) => rate * 10),
      {
        name: 'priced',
        joiner: (sale, rate) => `${sale} ${rate ?? '-'}`,
      },
    )
    .to(priced);
  return builder;
}

const rate = (driver: TopologyTestDriver, value: number | null, timestampMs: number, key = 'eur') =>
  driver.input(rates).pipe(value, { key, timestampMs });
const sell = async (driver: TopologyTestDriver, timestampMs: number, key = 'eur') => {
  await driver.input(sales).pipe('s', { key, timestampMs });
  return (await driver.output(priced).readValues()).at(-1);
};

describe('A table that keeps versions', () => {
  it.each([{}, NOTHING_CACHED])(
    'D22 joins a stream with the row of the record’s time, also after a crash (%j)',
    async (options) => {
      const driver = drive(declare(), { ...options, numPartitions: 2 });
      await rate(driver, 1, 10);
      await rate(driver, 2, 20);
      await rate(driver, null, 30);
      await rate(driver, 4, 40);
      await driver.crashAndRestart();
      const found = [];
      for (const at of [5, 10, 19, 20, 29, 30, 39, 40, 60]) found.push(await sell(driver, at));
      expect(found).toEqual(['s -', 's 10', 's 10', 's 20', 's 20', 's -', 's -', 's 40', 's 40']);
    },
  );

  it('D22 puts an older update into the history: it neither replaces the row nor is passed on', async () => {
    const driver = drive(declare(), NOTHING_CACHED);
    await rate(driver, 1, 10);
    await rate(driver, 4, 40);
    await rate(driver, 2, 20); // held from 20 to 40
    await driver.crashAndRestart();
    await rate(driver, 3, 30);
    await rate(driver, 9, 5); // before all
    const found = [];
    for (const at of [4, 5, 10, 20, 29, 30, 40]) found.push(await sell(driver, at));
    expect(found).toEqual(['s -', 's 90', 's 10', 's 20', 's 20', 's 30', 's 40']);
    expect(await driver.output(now).readValues()).toEqual([1, 4]);
  });

  it('remembers a deletion, so that an older update does not bring the row back', async () => {
    const driver = drive(declare(), NOTHING_CACHED);
    await rate(driver, null, 30); // there was none
    await driver.crashAndRestart();
    await rate(driver, 1, 10);
    expect(await driver.output(now).readValues()).toEqual([]);
    expect([await sell(driver, 10), await sell(driver, 29), await sell(driver, 30)]).toEqual([
      's 10',
      's 10',
      's -',
    ]);
    await rate(driver, 5, 30); // of the same time: the later one counts
    expect(await sell(driver, 30)).toBe('s 50');
  });

  it('D14 forgets by stream time what is older than the retention, but never the row of now', async () => {
    const driver = drive(declare(100));
    await rate(driver, 1, 10);
    await rate(driver, 2, 150);
    expect(await sell(driver, 160)).toBe('s 20');
    expect(await sell(driver, 60)).toBe('s 10');
    expect(await sell(driver, 59)).toBe('s -');
    await sell(driver, 1_000);
    expect(await sell(driver, 900)).toBe('s 20'); // is the row of now since 150
    const history = await driver.internal('rates-history-changelog').readAll();
    expect(history.length).toBeGreaterThan(0);
  });

  it('gives what a naive history gives, whatever comes in what order', async () => {
    const step = fc.oneof(
      fc.record({
        value: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 3 }),
        at: fc.integer({ min: 0, max: 90 }),
      }),
      fc.constant('crash' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { driver, write } = await driveBatches(declare(1_000), NOTHING_CACHED);
        const updates: { value: number | null; at: number }[] = [];
        for (const one of steps) {
          if (one === 'crash') await driver.crashAndRestart();
          else {
            updates.push(one);
            await write([{ topic: 'rates', key: 'eur', ...one }]);
          }
        }
        const times = Array.from({ length: 12 }, (_, i) => i * 9);
        await write(times.map((at) => ({ topic: 'sales', key: 'eur', value: 's', at })));
        const expected = times.map((at) => {
          const then = updates.filter((update) => update.at <= at);
          const latest = then.reduce((best, update) => (update.at >= best.at ? update : best), {
            value: null as number | null,
            at: -1,
          });
          return `s ${latest.value === null ? '-' : latest.value * 10}`;
        });
        expect(await driver.output(priced).readValues()).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  const declareGrace = (graceMs: number, historyRetentionMs = 100): StreamsBuilder => {
    const builder = new StreamsBuilder();
    const table = builder.table(rates, { name: 'rates', store: { historyRetentionMs } });
    builder
      .stream(sales)
      .leftJoin(table, { name: 'priced', graceMs, joiner: (sale, rate) => `${sale} ${rate ?? '-'}` })
      .to(priced);
    return builder;
  };

  it.each([{}, NOTHING_CACHED])(
    'holds records back for a grace, so that rows of their time may come late (KIP-923), also over a crash (%j)',
    async (options) => {
      const driver = drive(declareGrace(20), options);
      const sale = (value: string, timestampMs: number, key = 'eur') =>
        driver.input(sales).pipe(value, { key, timestampMs });
      const read = async () =>
        (await driver.output(priced).readAll()).map(({ value, timestampMs }) => [value, timestampMs]);
      await rate(driver, 1, 5);
      await sale('b', 12);
      await sale('a', 10);
      await sale('a', 12);
      expect(await read()).toEqual([]);
      await driver.crashAndRestart();
      await rate(driver, 2, 11); // late, and in time
      await sale('c', 31);
      expect(await read()).toEqual([['a 1', 10]]);
      await driver.crashAndRestart();
      await sale('d', 32, 'usd');
      expect(await read()).toEqual([
        ['b 2', 12],
        ['a 2', 12],
      ]);
      await sale('late', 12); // at once
      await driver.input(sales).pipe('keyless', { timestampMs: 60 }); // moves the time
      expect(await read()).toEqual([
        ['late 2', 12],
        ['c 2', 31],
        ['d -', 32],
        ['keyless -', 60],
      ]);
    },
  );

  it('refuses a grace without versions, or beyond them', () => {
    expect(() => declareGrace(200)).toThrow('keeps what its rows were for 100 ms only');
    expect(() => declareGrace(0)).toThrow('graceMs is 0');
    const builder = new StreamsBuilder();
    const table = builder.table(rates, { name: 'rates' });
    const options = { name: 'priced', graceMs: 1, joiner: () => 1 };
    expect(() => builder.stream(sales).join(table, options)).toThrow('does not keep what its rows were');
  });

  it('refuses a retention that cannot be', () => {
    expect(() => declare(0)).toThrow('historyRetentionMs is 0');
  });
});

describe('A table whose rows expire', () => {
  const sessions = topic('sessions', { key: string(), value: json<number>() });
  const out = topic('out', { key: string(), value: json<number>() });
  const declareExpiring = (): StreamsBuilder => {
    const builder = new StreamsBuilder();
    builder.table(sessions, { name: 'sessions', store: { ttlMs: 100 } }).to(out);
    return builder;
  };
  const put = (driver: TopologyTestDriver, key: string, value: number | null, timestampMs: number) =>
    driver.input(sessions).pipe(value, { key, timestampMs });
  const read = async (driver: TopologyTestDriver) =>
    (await driver.output(out).readAll()).map(({ key, value, timestampMs }) => [key, value, timestampMs]);

  it.each([{}, NOTHING_CACHED])(
    'D14 deletes a row that was not written for so long by stream time, also after a crash (%j)',
    async (options) => {
      const driver = drive(declareExpiring(), options);
      await put(driver, 'a', 1, 10);
      await put(driver, 'b', 2, 20);
      await put(driver, 'a', 3, 60); // lives on
      await put(driver, 'c', 4, 119);
      await read(driver);
      await driver.crashAndRestart();
      await driver.advanceWallClock(1_000_000); // the clock says nothing about it
      expect(await read(driver)).toEqual([]);
      await put(driver, 'c', 5, 120);
      expect(await read(driver)).toEqual([
        ['b', null, 120],
        ['c', 5, 120],
      ]);
      await driver.crashAndRestart();
      await put(driver, 'd', 6, 300);
      expect(await read(driver)).toEqual([
        ['a', null, 160],
        ['c', null, 220],
        ['d', 6, 300],
      ]);
    },
  );

  it('takes a row that comes too late to live for a deletion, and counts it', async () => {
    const driver = drive(declareExpiring());
    await put(driver, 'a', 1, 200);
    await put(driver, 'a', 2, 100); // the later update, and over
    await put(driver, 'b', 3, 50); // was never there
    expect(await read(driver)).toEqual([
      ['a', 1, 200],
      ['a', null, 100],
    ]);
  });

  it('D23 takes an expired row out of its group, and out of joins', async () => {
    const builder = new StreamsBuilder();
    const table = builder.table(sessions, { name: 'sessions', store: { ttlMs: 100 } });
    table
      .outerJoin(builder.table(rates, { name: 'others' }), {
        name: 'pairs',
        joiner: (a, b) => (a ?? 0) + (b ?? 0),
      })
      .groupBy((value) => ({ key: 'all', value }), { name: 'total' })
      .aggregate({ initializer: () => 0, adder: (sum, v) => sum + v, subtractor: (sum, v) => sum - v })
      .to(out);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([
      { topic: 'sessions', key: 'a', value: 1, at: 10 },
      { topic: 'sessions', key: 'b', value: 2, at: 20 },
      { topic: 'rates', key: 'a', value: 40, at: 30 },
    ]);
    await driver.crashAndRestart();
    await write([
      { topic: 'sessions', key: 'c', value: 5, at: 400 },
      { topic: 'rates', key: 'z', value: 100, at: 400 },
    ]);
    expect((await driver.output(out).readValues()).at(-1)).toBe(145);
  });

  it('ends with the rows that live, whatever comes', async () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }),
      stepMs: fc.integer({ min: 0, max: 70 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 20 }), fc.nat(20), async (changes, crashAt) => {
        const driver = drive(declareExpiring(), NOTHING_CACHED);
        const rows = new Map<string, { value: number; at: number }>();
        let at = 0;
        for (const [i, { key, value, stepMs }] of changes.entries()) {
          if (i === crashAt) await driver.crashAndRestart();
          at += stepMs;
          if (value === null) rows.delete(key);
          else rows.set(key, { value, at });
          await put(driver, key, value, at);
        }
        await put(driver, 'end', 0, at);
        const living = [...rows]
          .filter(([, row]) => row.at + 100 > at)
          .map(([key, { value }]) => [key, value]);
        const passed = new Map((await read(driver)).map(([key, value]) => [key, value]));
        passed.delete('end');
        expect(new Map([...passed].filter(([, value]) => value !== null))).toEqual(new Map(living as never));
      }),
      { numRuns: 25 },
    );
  });

  it('refuses a time that cannot be', () => {
    const builder = new StreamsBuilder();
    expect(() => builder.table(sessions, { name: 'x', store: { ttlMs: 0.5 } })).toThrow('ttlMs is 0.5');
  });
});
