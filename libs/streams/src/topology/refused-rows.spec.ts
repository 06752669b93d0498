/** Rows that a function of the user refuses: each is a dead letter and nothing is added for it, so nothing is taken back for it. */
import { describe, expect, it } from '@jest/globals';
import {
  col,
  count,
  countDistinct,
  defineAggregate,
  json,
  string,
  StreamsBuilder,
  sum,
  topic,
  type KTable,
} from '@hiveframe/streams';
import type { TopologyTestDriver } from '@hiveframe/streams-testing';
import { drive, NOTHING_CACHED } from '../../test/support/tables.ts';

interface Order {
  readonly shop: string;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const prices = topic('prices', { key: string(), value: json<Order>() });
const totals = topic('totals', { key: string(), value: json<number>() });

const sums = {
  initializer: () => 0,
  adder: (total: number, { amount }: Order) => total + amount,
  subtractor: (total: number, { amount }: Order) => total - amount,
};
const refuseNegative = (order: Order): Order => {
  if (order.amount < 0) throw new RangeError('Amounts are positive.');
  return order;
};
const byShop = (table: KTable<string, Order>) =>
  table.groupBy((order) => ({ key: order.shop, value: order }), { name: 'by-shop' });

type Input = readonly [key: string, amount: unknown];

/** Writes orders, with a crash before each. */
async function write(driver: TopologyTestDriver, rows: readonly Input[]): Promise<void> {
  for (const [key, amount] of rows) {
    await driver.crashAndRestart();
    await driver.input(orders).pipe({ shop: 's', amount } as Order, { key });
  }
}
const REFUSED: readonly Input[] = [
  ['o1', 10],
  ['o2', 3],
  ['o2', -1],
  ['o2', -2],
  ['o2', 5],
  ['o2', 7],
];

async function totalsOf(driver: TopologyTestDriver): Promise<readonly unknown[]> {
  const values = await driver.output(totals).readValues();
  return values.filter((value, i) => i === 0 || value !== values[i - 1]);
}

describe('a row that is refused', () => {
  it('by an adder leaves its group without it, though the row before is subtracted', async () => {
    const builder = new StreamsBuilder();
    byShop(builder.table(orders, { name: 'orders' }))
      .aggregate({ ...sums, adder: (total, order) => total + refuseNegative(order).amount })
      .to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await write(driver, REFUSED);
    expect(await totalsOf(driver)).toEqual([10, 13, 10, 15, 17]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('by an adder, alone in its group, deletes the group', async () => {
    const builder = new StreamsBuilder();
    byShop(builder.table(orders, { name: 'orders' }))
      .agg(sum('amount').alias('total'))
      .mapValues(({ total }) => total)
      .to(totals);
    const driver = drive(builder);
    await write(driver, [
      ['o1', 10],
      ['o1', 'ten'],
      ['o1', 4],
    ]);
    expect(await totalsOf(driver)).toEqual([10, null, 4]);
  });

  it.each([
    ['of numbers', [sum('amount').alias('x')]],
    ['of an expression', [sum(col('amount').plus(0)).alias('x')]],
    ['of a set that is full', [countDistinct('amount', { maxValues: 2 }).alias('x')]],
    [
      "of the user's own",
      [
        defineAggregate({
          name: 'positive',
          initializer: () => 0,
          add(total, amount: number) {
            if (typeof amount !== 'number') throw new TypeError('not a number');
            return total + amount;
          },
          subtract: (total, amount) => total - amount,
          merge: (a, b) => a + b,
          result: (total) => total,
        })('amount').alias('x'),
      ],
    ],
  ])('by a column %s is in no column', async (_name, columns) => {
    const builder = new StreamsBuilder();
    byShop(builder.table(orders, { name: 'orders' }))
      .agg(count('*').alias('n'), ...(columns as []))
      .mapValues(({ n }) => n)
      .to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await write(driver, [
      ['o1', 1],
      ['o2', 2],
      ['o3', 1],
      ['o3', 'three'],
      ['o3', 1],
      ['o3', 'three'],
      ['o1', 2],
      ['o3', 2],
    ]);
    expect(await totalsOf(driver)).toEqual([1, 2, 3, 2, 3, 2, 3]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('by a mapper leaves what is made of the table, and does not fail the row that follows', async () => {
    const builder = new StreamsBuilder();
    byShop(builder.table(orders, { name: 'orders' }).mapValues(refuseNegative))
      .aggregate(sums)
      .to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await write(driver, REFUSED);
    expect(await totalsOf(driver)).toEqual([10, 13, 10, 15, 17]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('by a mapper or a joiner leaves the store that keeps what is made', async () => {
    const builder = new StreamsBuilder();
    const own = (name: string) => ({ store: { name } });
    const table = builder.table(orders, { name: 'orders' });
    const mapped = table.mapValues(refuseNegative).mapValues((order) => order, own('mapped'));
    const joined = table.join(builder.table(prices, { name: 'prices' }), {
      name: 'priced',
      joiner: ({ shop, amount }, price) => refuseNegative({ shop, amount: amount * price.amount }),
      store: {},
    });
    byShop(mapped).aggregate(sums).to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await driver.input(prices).pipe({ shop: 's', amount: 1 }, { key: 'o2' });
    await write(driver, REFUSED.slice(0, 4));
    for (const store of [mapped.queryable, joined.queryable])
      expect(await driver.keyValueStore(store).get('o2')).toBeUndefined();
    await write(driver, REFUSED.slice(4));
    expect(await totalsOf(driver)).toEqual([10, 13, 10, 15, 17]);
    expect(await driver.keyValueStore(joined.queryable).get('o2')).toEqual({ shop: 's', amount: 7 });
  });

  it('by a predicate likewise', async () => {
    const builder = new StreamsBuilder();
    const kept = builder
      .table(orders, { name: 'orders' })
      .filter((order) => refuseNegative(order).amount > 0);
    byShop(kept).aggregate(sums).to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await write(driver, REFUSED);
    expect(await totalsOf(driver)).toEqual([10, 13, 10, 15, 17]);
  });

  it('by a joiner leaves what is made of the join, whichever side changes', async () => {
    const builder = new StreamsBuilder();
    const joined = builder.table(orders, { name: 'orders' }).join(builder.table(prices, { name: 'prices' }), {
      name: 'priced',
      joiner: ({ shop, amount }, price) => refuseNegative({ shop, amount: amount * price.amount }),
    });
    byShop(joined).aggregate(sums).to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    const price = (key: string, amount: number) => driver.input(prices).pipe({ shop: 's', amount }, { key });
    for (const key of ['o1', 'o2']) await price(key, 1);
    await write(driver, [...REFUSED.slice(0, 4), ['o2', -3]]);
    await price('o2', -1); // 3
    await price('o2', -2); // 6
    await write(driver, [['o2', -4]]); // 8
    expect(await totalsOf(driver)).toEqual([10, 13, 10, 13, 16, 18]);
    expect(await driver.deadLetters.readAll()).toHaveLength(3);
  });

  it('by the table that it is joined with is missing there, and is joined again when it is mended', async () => {
    const builder = new StreamsBuilder();
    const joined = builder
      .table(orders, { name: 'orders' })
      .leftJoin(builder.table(prices, { name: 'prices' }).mapValues(refuseNegative), {
        name: 'priced',
        joiner: ({ shop, amount }, price) => ({ shop, amount: amount * (price?.amount ?? 1) }),
      });
    byShop(joined).aggregate(sums).to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    const price = (amount: number) => driver.input(prices).pipe({ shop: 's', amount }, { key: 'o1' });
    await write(driver, [['o1', 10]]);
    await price(2);
    await price(-1);
    await write(driver, [['o1', 5]]);
    await price(3);
    expect(await totalsOf(driver)).toEqual([10, 20, 10, 5, 15]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it.each([{}, { store: { historyRetentionMs: 1_000 } }])(
    'by the table that a stream is joined with is missing there (%j)',
    async (options) => {
      const builder = new StreamsBuilder();
      const mapped = builder.table(prices, { name: 'prices', ...options }).mapValues(refuseNegative);
      builder
        .stream(orders)
        .leftJoin(mapped, { name: 'priced', joiner: ({ amount }, price) => amount * (price?.amount ?? 1) })
        .to(totals);
      const driver = drive(builder, NOTHING_CACHED);
      for (const [amount, price] of [
        [10, 2],
        [20, -1],
        [30, 3],
      ] as const) {
        await driver.input(prices).pipe({ shop: 's', amount: price }, { key: 'o1' });
        await driver.input(orders).pipe({ shop: 's', amount }, { key: 'o1' });
      }
      expect(await driver.output(totals).readValues()).toEqual([20, 20, 90]);
    },
  );

  it('by one that reads the table is passed on to the others', async () => {
    const builder = new StreamsBuilder();
    const table = builder.table(orders, { name: 'orders' });
    table.mapValues(refuseNegative).to(topic('others', { key: string(), value: json<Order>() }));
    byShop(table).aggregate(sums).to(totals);
    const driver = drive(builder, NOTHING_CACHED);
    await write(driver, REFUSED);
    expect(await totalsOf(driver)).toEqual([10, 13, 9, 8, 15, 17]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });
});
