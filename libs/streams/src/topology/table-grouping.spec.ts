import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { double, json, string, StreamsBuilder, topic, type KTable } from '@hiveframe/streams';
import { drive, driveBatches, NOTHING_CACHED, type Written } from '../../test/support/tables.ts';

interface Order {
  readonly customer: string | null;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const totals = topic('totals', { key: string(), value: json<number>() });

function byCustomer(builder: StreamsBuilder) {
  return builder
    .table(orders, { name: 'orders' })
    .groupBy(({ customer, amount }) => ({ key: customer, value: amount }), { name: 'by-customer' });
}
function summed(builder: StreamsBuilder): KTable<string, number> {
  return byCustomer(builder).aggregate({
    initializer: () => 0,
    adder: (total, amount) => total + amount,
    subtractor: (total, amount) => total - amount,
    store: { value: double() },
  });
}

const order = (key: string, customer: string | null, amount: number): Written => ({
  topic: 'orders',
  key,
  value: { customer, amount },
  at: 0,
});
const deletion = (key: string): Written => ({ topic: 'orders', key, value: null, at: 0 });

describe('KTable.groupBy', () => {
  it('D23 subtracts what a row was and adds what it is, also when it is deleted', async () => {
    const builder = new StreamsBuilder();
    summed(builder).to(totals);
    const driver = drive(builder);
    const input = driver.input(orders);
    await input.pipe({ customer: 'x', amount: 5 }, { key: 'o1' });
    await input.pipe({ customer: 'x', amount: 2 }, { key: 'o2' });
    await input.pipe({ customer: 'x', amount: 7 }, { key: 'o1' });
    await input.pipe(null, { key: 'o2' });
    expect(await driver.output(totals).readValues()).toEqual([5, 7, 9, 7]);
  });

  it('D23 sends a row that stays in its group as one change (KIP-904), one that moves as two', async () => {
    const builder = new StreamsBuilder();
    summed(builder).to(totals);
    const driver = drive(builder);
    const input = driver.input(orders);
    await input.pipe({ customer: 'x', amount: 5 }, { key: 'o1' });
    await input.pipe({ customer: 'x', amount: 6 }, { key: 'o1' });
    await input.pipe({ customer: 'y', amount: 6 }, { key: 'o1' });
    const changes = await driver.internal('by-customer-repartition').readAll();
    expect(changes.map(({ key }) => Buffer.from(key!).toString())).toEqual(['"x"', '"x"', '"x"', '"y"']);
    const passed = (await driver.output(totals).readAll()).map((r) => [r.key, r.value]);
    expect(passed).toEqual([
      ['x', 5],
      ['x', 6],
      ['x', 0],
      ['y', 6],
    ]);
  });

  it('leaves rows out of all groups whose selected key or value is null', async () => {
    const builder = new StreamsBuilder();
    byCustomer(builder).count().to(totals);
    const driver = drive(builder);
    const input = driver.input(orders);
    await input.pipe({ customer: null, amount: 5 }, { key: 'o1' });
    await input.pipe({ customer: 'x', amount: 5 }, { key: 'o1' });
    await input.pipe({ customer: null, amount: 5 }, { key: 'o1' });
    expect(await driver.output(totals).readValues()).toEqual([1, 0]);
  });

  it('leaves a row out of all groups whose selector fails, and takes nothing of it back', async () => {
    const builder = new StreamsBuilder();
    builder
      .table(orders, { name: 'orders' })
      .groupBy(
        ({ amount }) => {
          if (amount < 0) throw new RangeError('Amounts are positive.');
          return { key: 'all', value: amount };
        },
        { name: 'all' },
      )
      .aggregate({
        initializer: () => 0,
        adder: (total, amount) => total + amount,
        subtractor: (total, amount) => total - amount,
      })
      .to(totals);
    const driver = drive(builder);
    const input = driver.input(orders);
    const amounts = [10, 3, -1, 5, 7].map((amount, i) => [i === 0 ? 'o1' : 'o2', amount] as const);
    for (const [key, amount] of amounts) await input.pipe({ customer: null, amount }, { key });
    expect(await driver.output(totals).readValues()).toEqual([10, 13, 10, 15, 17]);
    expect((await driver.deadLetters.readAll()).map(({ reason }) => reason.message)).toEqual([
      expect.stringContaining('Amounts are positive.'),
    ]);
  });

  it('groups by keys that are objects, as equal as their bytes', async () => {
    const builder = new StreamsBuilder();
    builder
      .table(orders, { name: 'orders' })
      .groupBy(({ customer, amount }) => ({ key: { customer }, value: amount }), { name: 'grouped' })
      .count()
      .toStream()
      .map((count, { customer }) => ({ key: customer ?? '', value: count ?? 0 }))
      .to(totals);
    const driver = drive(builder);
    for (const amount of [1, 2]) await driver.input(orders).pipe({ customer: 'x', amount }, { key: 'o' });
    const changes = await driver.internal('grouped-repartition').readAll();
    expect(changes).toHaveLength(2);
    expect(await driver.output(totals).readValues()).toEqual([1, 1]);
  });

  it('reduces: the first value is the first result, and a null deletes the group', async () => {
    const builder = new StreamsBuilder();
    byCustomer(builder)
      .reduce({
        adder: (a, b) => a + b,
        subtractor: (a, b) => (a === b ? (null as unknown as number) : a - b),
      })
      .to(totals);
    const driver = drive(builder);
    const input = driver.input(orders);
    await input.pipe({ customer: 'x', amount: 5 }, { key: 'o1' });
    await input.pipe({ customer: 'x', amount: 3 }, { key: 'o2' });
    await input.pipe(null, { key: 'o1' });
    await input.pipe(null, { key: 'o2' });
    expect(await driver.output(totals).readValues()).toEqual([5, 8, 3, null]);
    const tombstone = (await driver.internal('by-customer-changelog').readAll()).at(-1);
    expect(tombstone!.value).toBeNull();
  });

  it('goes by what each table last passed on, also behind an aggregate that passes on once a commit', async () => {
    const counts = topic('counts', { key: string(), value: json<number>() });
    const builder = new StreamsBuilder();
    summed(builder)
      .groupBy((total) => ({ key: total >= 10 ? 'many' : 'few', value: total }), { name: 'by-size' })
      .aggregate({ initializer: () => 0, adder: (sum, n) => sum + n, subtractor: (sum, n) => sum - n })
      .to(counts);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([order('o1', 'x', 3), order('o2', 'x', 4), order('o3', 'y', 20)]);
    await write([order('o1', 'x', 5), order('o1', 'x', 6), deletion('o3')]);
    const latest = new Map((await driver.output(counts).readAll()).map((r) => [r.key, r.value]));
    expect(Object.fromEntries(latest)).toEqual({ few: 0, many: 10 });
  });

  it('copies what an aggregator changes in place before it says what was there', async () => {
    const builder = new StreamsBuilder();
    const readings = topic('readings', { key: string(), value: json<number>() });
    builder
      .stream(readings)
      .groupByKey({ name: 'lists' })
      .aggregate<number[]>({
        initializer: () => [],
        aggregator: (list, n) => {
          list.push(n);
          return list;
        },
      })
      .groupBy((list) => ({ key: 'all', value: list.length }), { name: 'lengths' })
      .aggregate({ initializer: () => 0, adder: (sum, n) => sum + n, subtractor: (sum, n) => sum - n })
      .to(totals);
    const driver = drive(builder);
    for (const key of ['a', 'b', 'a', 'a']) await driver.input(readings).pipe(1, { key });
    expect(await driver.output(totals).readValues()).toEqual([1, 2, 3, 4]);
  });

  it('gives what a recomputation gives, whatever comes, is forgotten, or crashes', async () => {
    const id = fc.constantFrom('o1', 'o2', 'o3', 'o4');
    const row = fc.tuple(id, fc.constantFrom('x', 'y', null), fc.integer({ min: 0, max: 9 }));
    const write = fc.array(
      fc.oneof(
        row.map(([key, customer, amount]) => order(key, customer, amount)),
        id.map(deletion),
      ),
      { maxLength: 6 },
    );
    const rounds = fc.array(fc.record({ write, crash: fc.boolean() }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const builder = new StreamsBuilder();
        summed(builder).to(totals);
        const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
        for (const round of all) {
          await write(round.write);
          if (round.crash) await driver.crashAndRestart();
        }
        const latest = new Map((await driver.output(totals).readAll()).map((r) => [r.key, r.value]));
        const wanted = recomputed(all.flatMap((round) => round.write));
        for (const customer of ['x', 'y']) expect(latest.get(customer) ?? 0).toBe(wanted.get(customer) ?? 0);
      }),
      { numRuns: 25 },
    );
  });
});

function recomputed(written: readonly Written[]): Map<string, number> {
  const rows = new Map(written.map(({ key, value }) => [key, value as Order | null]));
  const sums = new Map<string, number>();
  for (const row of rows.values()) {
    if (row?.customer) sums.set(row.customer, (sums.get(row.customer) ?? 0) + row.amount);
  }
  return sums;
}
