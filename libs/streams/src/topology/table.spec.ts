import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, type KTable, type Logger } from '@hiveframe/streams';
import { drive, driveBatches, NOTHING_CACHED } from '../../test/support/tables.ts';

const prices = topic('prices', { key: string(), value: json<number>() });
const out = topic('out', { key: string(), value: json<number>() });

function toOut(table: KTable<string, number>): void {
  table.to(out);
}

describe('builder.table', () => {
  it('passes updates on, and null values as deletions', async () => {
    const builder = new StreamsBuilder();
    toOut(builder.table(prices, { name: 'prices' }));
    const driver = drive(builder);
    const input = driver.input(prices);
    await input.pipe(1, { key: 'a', timestampMs: 5 });
    await input.pipe(2, { key: 'a', timestampMs: 6 });
    await input.pipe(null, { key: 'a', timestampMs: 7 });
    const passed = (await driver.output(out).readAll()).map((r) => [r.key, r.value, r.timestampMs]);
    expect(passed).toEqual([
      ['a', 1, 5],
      ['a', 2, 6],
      ['a', null, 7],
    ]);
    const changelog = await driver.internal('prices-changelog').readAll();
    expect(changelog.map(({ value }) => value?.subarray(8).toString() ?? null)).toEqual(['1', '2', null]);
  });

  it('D23 passes nothing on where a row is deleted that is not there', async () => {
    const builder = new StreamsBuilder();
    toOut(builder.table(prices, { name: 'prices' }));
    const driver = drive(builder);
    await driver.input(prices).pipe(null, { key: 'a' });
    expect(await driver.output(out).readAll()).toEqual([]);
    expect(await driver.internal('prices-changelog').readAll()).toEqual([]);
  });

  it('D20 drops a record without a key, and dead-letters it', async () => {
    const builder = new StreamsBuilder();
    toOut(builder.table(prices, { name: 'prices' }));
    const driver = drive(builder);
    await driver.input(prices).pipe(1);
    expect(await driver.output(out).readAll()).toEqual([]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('D22 takes updates in the order of the log, even older ones; counts them, and says so once', async () => {
    const builder = new StreamsBuilder();
    toOut(builder.table(prices, { name: 'prices' }));
    const counted: unknown[] = [];
    const said: string[] = [];
    const logger: Logger = { log: (level, text) => level === 'warn' && said.push(text) };
    const telemetry = {
      count: (name: string, value: number) => {
        if (name === 'out-of-order-updates') counted.push(value);
      },
      record: () => {},
    };
    const driver = drive(builder, { logger, telemetry });
    for (const [value, timestampMs] of [
      [1, 10],
      [2, 5],
      [3, 4],
    ] as const)
      await driver.input(prices).pipe(value, { key: 'a', timestampMs });
    expect(await driver.output(out).readValues()).toEqual([1, 2, 3]);
    expect(counted).toEqual([1, 1]);
    expect(said).toEqual([
      expect.stringContaining('Table prices replaces a row of 1970-01-01T00:00:00.010Z'),
    ]);
  });

  it('gives a deletion the time of its record, for it has no value to read a time from', async () => {
    interface Price {
      readonly amount: number;
      readonly at: number;
    }
    const timed = topic('timed', { key: string(), value: json<Price>(), timestamp: 'at' });
    const prices = topic('amounts', { key: string(), value: json<Price>() });
    const builder = new StreamsBuilder();
    builder.table(timed, { name: 'timed' }).to(prices);
    const driver = drive(builder);
    await driver.input(timed).pipe({ amount: 1, at: 5 }, { key: 'a', timestampMs: 100 });
    await driver.input(timed).pipe(null, { key: 'a', timestampMs: 200 });
    const times = (await driver.output(prices).readAll()).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual([5, 200]);
  });

  it('knows its rows and their deletions after a crash', async () => {
    const builder = new StreamsBuilder();
    toOut(builder.table(prices, { name: 'prices' }));
    const driver = drive(builder, NOTHING_CACHED);
    const input = driver.input(prices);
    await input.pipe(1, { key: 'a' });
    await input.pipe(1, { key: 'b' });
    await input.pipe(null, { key: 'a' });
    await driver.crashAndRestart();
    await input.pipe(null, { key: 'a' });
    await input.pipe(null, { key: 'b' });
    const passed = (await driver.output(out).readAll()).map((r) => [r.key, r.value]);
    expect(passed).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', null],
      ['b', null],
    ]);
  });

  it('refuses a topic that is read as a stream already', () => {
    const builder = new StreamsBuilder();
    builder.stream(prices).to(out);
    expect(() => builder.table(prices, { name: 'prices' })).toThrow(
      'Cannot read topic prices as a table: it is read as a stream already',
    );
  });

  it('refuses a retention, which is for windows', () => {
    const declare = () => new StreamsBuilder().table(prices, { name: 'prices', store: { retentionMs: 5 } });
    expect(declare).toThrow('retentionMs is for windows');
  });
});

describe('KStream.toTable', () => {
  it('keeps the latest value of each key, by way of a topic where the key may have changed', async () => {
    const builder = new StreamsBuilder();
    const words = topic('words', { key: string(), value: json<string>() });
    const lengths = builder
      .stream(words)
      .map((word) => ({ key: word[0]!, value: word.length }))
      .toTable({ name: 'lengths' });
    lengths.filter((length) => length > 3).to(out);
    const driver = drive(builder);
    for (const word of ['hello', 'hi', 'hi', 'house']) await driver.input(words).pipe(word, { key: 'x' });
    expect(builder.build().describe()).toContain('topics: [lengths-repartition]');
    const passed = (await driver.output(out).readAll()).map((r) => [r.key, r.value]);
    expect(passed).toEqual([
      ['h', 5],
      ['h', null],
      ['h', null],
      ['h', 5],
    ]);
  });

  it('takes a null as a deletion', async () => {
    const builder = new StreamsBuilder();
    builder
      .table(prices, { name: 'prices' })
      .toStream()
      .mapValues((price) => (price === null || price > 9 ? null : price))
      .toTable({ name: 'cheap' })
      .to(out);
    const driver = drive(builder);
    for (const price of [5, 10, 11, null]) await driver.input(prices).pipe(price, { key: 'a' });
    expect(await driver.output(out).readValues()).toEqual([5, null]);
  });
});

describe('KTable.filter and mapValues', () => {
  it('keep rows in a store of their own if asked, and then pass on only what changed', async () => {
    const builder = new StreamsBuilder();
    const even = builder
      .table(prices, { name: 'prices' })
      .filter((price) => price % 2 === 0, { store: { name: 'even' } })
      .mapValues((price) => price * 10, { store: { name: 'tenfold' } });
    even.to(out);
    expect(even.queryable.name).toBe('tenfold');
    const driver = drive(builder, NOTHING_CACHED);
    for (const price of [1, 2, 3, 5, 4, null, null]) await driver.input(prices).pipe(price, { key: 'a' });
    expect(await driver.output(out).readValues()).toEqual([20, null, 40, null]);
    const kept = await driver.internal('even-changelog').readAll();
    expect(kept.map(({ value }) => value?.subarray(8).toString() ?? null)).toEqual(['2', null, '4', null]);
  });

  it('leave it to the handler if their function throws, and go on', async () => {
    const builder = new StreamsBuilder();
    const strict = (price: number): number => {
      if (price < 0) throw new Error('negative');
      return price;
    };
    toOut(builder.table(prices, { name: 'prices' }).mapValues(strict));
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([1, -1, 2].map((value) => ({ topic: 'prices', key: 'a', value, at: 0 })));
    await write([-1, 3].map((value) => ({ topic: 'prices', key: 'a', value, at: 0 })));
    expect(await driver.output(out).readValues()).toEqual([1, 2, 3]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });
});
