import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  json,
  partitionFor,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type LogPort,
  type Topic,
} from '@hiveframe/streams';
import type { TopologyTestDriver } from '@hiveframe/streams-testing';
import { cluster } from '../../test/support/cluster.ts';
import { drive, NOTHING_CACHED } from '../../test/support/tables.ts';

interface Order {
  readonly customer: number | null;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const customers = topic('customers', { key: json<number>(), value: json<string>() });
const named = topic('named', { key: string(), value: json<string>() });

type Kind = 'join' | 'leftJoin';
const KINDS = ['join', 'leftJoin'] as const;

function declare(kind: Kind, builder = new StreamsBuilder()): StreamsBuilder {
  const table = builder
    .table(orders, { name: 'orders' })
    [kind](builder.table(customers, { name: 'customers' }), {
      name: 'named',
      foreignKey: (order) => order.customer,
      joiner: (order: Order, name: string | null, id: string) => `${id}:${order.amount} ${name ?? '-'}`,
    });
  table.to(named);
  return builder;
}

const order = (driver: TopologyTestDriver, key: string, value: Order | null, timestampMs = 0) =>
  driver.input(orders).pipe(value, { key, timestampMs });
const customer = (driver: TopologyTestDriver, key: number, value: string | null, timestampMs = 0) =>
  driver.input(customers).pipe(value, { key, timestampMs });
const read = async (driver: TopologyTestDriver) =>
  (await driver.output(named).readAll()).map(({ key, value }) => [key, value]);

const byKey = (rows: Awaited<ReturnType<typeof read>>) => rows.toSorted(([a], [b]) => (a! < b! ? -1 : 1));

/** Written, but not processed yet. */
async function write<K, V>(log: LogPort, to: Topic<K, V>, numPartitions: number, key: K, value: V | null) {
  const context = (part: 'key' | 'value') => ({ topic: to.name, part, headers: () => [] });
  const batch = new RecordBatchWriter();
  const keyBytes = to.key!.serialize(key, context('key'));
  batch.append(keyBytes, value === null ? null : to.value.serialize(value, context('value')), 0);
  const partition = partitionFor(keyBytes, numPartitions);
  await log.writer().send([{ topic: to.name, partition, records: batch.take() }]);
}

describe('KTable joins by foreign key', () => {
  it.each([{}, NOTHING_CACHED])(
    'join gives each row with the one it names, over tables partitioned differently (%j)',
    async (options) => {
      const log = await cluster({ orders: 3, customers: 2 });
      const driver = drive(declare('join'), { ...options, log });
      await order(driver, 'o1', { customer: 1, amount: 5 });
      expect(await read(driver)).toEqual([]);
      await customer(driver, 1, 'Ann');
      expect(await read(driver)).toEqual([['o1', 'o1:5 Ann']]);
      await order(driver, 'o2', { customer: 1, amount: 6 });
      await order(driver, 'o3', { customer: 2, amount: 7 });
      expect(await read(driver)).toEqual([['o2', 'o2:6 Ann']]);
      await driver.crashAndRestart();
      await customer(driver, 1, 'Anna'); // for all that name her
      expect(byKey(await read(driver))).toEqual([
        ['o1', 'o1:5 Anna'],
        ['o2', 'o2:6 Anna'],
      ]);
      await customer(driver, 2, 'Bob');
      await order(driver, 'o1', { customer: 2, amount: 5 }); // names another
      expect(byKey(await read(driver))).toEqual([
        ['o1', 'o1:5 Bob'],
        ['o3', 'o3:7 Bob'],
      ]);
      await driver.crashAndRestart();
      await customer(driver, 1, null);
      await order(driver, 'o3', null);
      expect(await read(driver)).toEqual([
        ['o2', null],
        ['o3', null],
      ]);
    },
  );

  it.each([{}, NOTHING_CACHED])(
    'leftJoin gives each row, with null for one that is missing (%j)',
    async (options) => {
      const driver = drive(declare('leftJoin'), { ...options, numPartitions: 4 });
      await order(driver, 'o1', { customer: 1, amount: 5 });
      await order(driver, 'o2', { customer: null, amount: 6 }); // names none (KIP-962)
      expect(byKey(await read(driver))).toEqual([
        ['o1', 'o1:5 -'],
        ['o2', 'o2:6 -'],
      ]);
      await customer(driver, 1, 'Ann');
      await driver.crashAndRestart();
      await customer(driver, 1, null);
      await order(driver, 'o1', { customer: null, amount: 5 });
      await order(driver, 'o1', null);
      await order(driver, 'o1', null); // is gone already
      expect(await read(driver)).toEqual([
        ['o1', 'o1:5 Ann'],
        ['o1', 'o1:5 -'],
        ['o1', 'o1:5 -'],
        ['o1', null],
      ]);
    },
  );

  it('deletes the joined row when the row names none any more, or one that is missing', async () => {
    const driver = drive(declare('join'), { numPartitions: 3 });
    await customer(driver, 1, 'Ann');
    await order(driver, 'o1', { customer: 1, amount: 5 });
    await order(driver, 'o1', { customer: null, amount: 5 });
    await order(driver, 'o1', { customer: 1, amount: 5 });
    await order(driver, 'o1', { customer: 9, amount: 5 });
    expect(await read(driver)).toEqual([
      ['o1', 'o1:5 Ann'],
      ['o1', null],
      ['o1', 'o1:5 Ann'],
      ['o1', null],
    ]);
  });

  it('says nothing when a row that is left out changes', async () => {
    const builder = new StreamsBuilder();
    const shown = builder.table(customers, { name: 'customers' }).filter((name) => name !== 'secret');
    builder
      .table(orders, { name: 'orders' })
      .leftJoin(shown, {
        name: 'named',
        foreignKey: (order) => order.customer,
        joiner: (order: Order, name: string | null) => `${order.amount} ${name ?? '-'}`,
      })
      .to(named);
    const driver = drive(builder, { numPartitions: 3, ...NOTHING_CACHED });
    await order(driver, 'o1', { customer: 1, amount: 5 });
    await customer(driver, 1, 'secret');
    await customer(driver, 1, 'secret');
    await driver.crashAndRestart();
    await customer(driver, 1, 'Ann');
    await customer(driver, 1, 'secret');
    await customer(driver, 1, null);
    expect(await read(driver)).toEqual([
      ['o1', '5 -'],
      ['o1', '5 Ann'],
      ['o1', '5 -'],
    ]);
  });

  it('dead-letters a row whose foreign key cannot be told, and none that comes behind it', async () => {
    const builder = new StreamsBuilder();
    const foreignKey = ({ customer, amount }: Order): number | null => {
      if (amount < 0) throw new Error('this is no order');
      return customer;
    };
    const joiner = (order: Order, name: string): string => `${order.amount} ${name}`;
    builder
      .table(orders, { name: 'orders' })
      .join(builder.table(customers, { name: 'customers' }), { name: 'named', foreignKey, joiner })
      .to(named);
    const driver = drive(builder, { numPartitions: 3 });
    await customer(driver, 1, 'Ann');
    await order(driver, 'o1', { customer: 1, amount: -1 });
    await order(driver, 'o1', { customer: 1, amount: 5 });
    await order(driver, 'o1', { customer: 1, amount: -2 });
    await order(driver, 'o1', null);
    expect(await read(driver)).toEqual([
      ['o1', '5 Ann'],
      ['o1', null],
    ]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('leaves nothing of the row before one that is refused, by foreign key or joiner', async () => {
    const builder = new StreamsBuilder();
    const refuse = (is: boolean): void => {
      if (is) throw new Error('this is no order');
    };
    const foreignKey = ({ customer, amount }: Order): number | null => {
      refuse(amount === -1);
      return customer;
    };
    const joiner = ({ amount }: Order, name: string | null): string => {
      refuse(amount === -2 || name === 'nobody');
      return `${amount} ${name}`;
    };
    builder
      .table(orders, { name: 'orders' })
      .leftJoin(builder.table(customers, { name: 'customers' }), { name: 'named', foreignKey, joiner })
      .to(named);
    const driver = drive(builder, { numPartitions: 3, ...NOTHING_CACHED });
    await customer(driver, 1, 'Ann');
    for (const amount of [5, -1, 6, -2, 7]) {
      await order(driver, 'o1', { customer: 1, amount });
      await driver.crashAndRestart();
    }
    await customer(driver, 1, 'nobody');
    await customer(driver, 1, 'Anna');
    await order(driver, 'o1', { customer: null, amount: -2 });
    expect(await read(driver)).toEqual([
      ['o1', '5 Ann'],
      ['o1', null],
      ['o1', '6 Ann'],
      ['o1', null],
      ['o1', '7 Ann'],
      ['o1', null],
      ['o1', '7 Anna'],
      ['o1', null],
    ]);
    expect(await driver.deadLetters.readAll()).toHaveLength(4);
  });

  it('has no row where the table that is named refuses it', async () => {
    const builder = new StreamsBuilder();
    const refusing = (name: string): string => {
      if (name === 'nobody') throw new Error('this is no name');
      return name;
    };
    builder
      .table(orders, { name: 'orders' })
      .leftJoin(builder.table(customers, { name: 'customers' }).mapValues(refusing), {
        name: 'named',
        foreignKey: (order) => order.customer,
        joiner: (order: Order, name: string | null) => `${order.amount} ${name ?? '-'}`,
      })
      .to(named);
    const driver = drive(builder, { numPartitions: 3, ...NOTHING_CACHED });
    await customer(driver, 1, 'nobody');
    await order(driver, 'o1', { customer: 1, amount: 5 });
    await driver.crashAndRestart();
    await customer(driver, 1, 'Ann');
    await customer(driver, 1, 'nobody');
    await order(driver, 'o1', { customer: 1, amount: 6 });
    expect(await read(driver)).toEqual([
      ['o1', '5 -'],
      ['o1', '5 Ann'],
      ['o1', '5 -'],
      ['o1', '6 -'],
    ]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('D9 gives a row the highest time that went into it', async () => {
    const driver = drive(declare('join'));
    await customer(driver, 1, 'Ann', 30);
    await order(driver, 'o1', { customer: 1, amount: 5 }, 10);
    await order(driver, 'o1', { customer: 1, amount: 6 }, 40);
    const times = (await driver.output(named).readAll()).map(({ timestampMs }) => timestampMs);
    expect(times).toEqual([30, 40]);
  });

  it('D22 takes updates in the order of the log, not of their times', async () => {
    const driver = drive(declare('join'));
    await customer(driver, 1, 'Ann', 30);
    await customer(driver, 1, 'Anna', 10);
    await order(driver, 'o1', { customer: 1, amount: 5 }, 50);
    await order(driver, 'o1', { customer: 1, amount: 6 }, 20);
    expect((await read(driver)).at(-1)).toEqual(['o1', 'o1:6 Anna']);
  });

  it('D20 drops rows without a key, and dead-letters them', async () => {
    const driver = drive(declare('leftJoin'));
    await driver.input(orders).pipe({ customer: 1, amount: 1 });
    expect(await read(driver)).toEqual([]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('joins a table with itself', async () => {
    const staff = topic('staff', { key: string(), value: json<{ boss: string | null }>() });
    const builder = new StreamsBuilder();
    const table = builder.table(staff, { name: 'staff' });
    table
      .leftJoin(table, {
        name: 'bosses',
        foreignKey: ({ boss }) => boss,
        joiner: (_one, boss) => `under ${boss?.boss ?? 'nobody'}`,
      })
      .to(named);
    const driver = drive(builder, { numPartitions: 3, ...NOTHING_CACHED });
    const hire = (key: string, boss: string | null) => driver.input(staff).pipe({ boss }, { key });
    await hire('ann', 'bob');
    await hire('bob', 'cid');
    await hire('cid', 'ann');
    await driver.crashAndRestart();
    await hire('bob', 'dan');
    const last = new Map((await read(driver)).map(([key, value]) => [key, value]));
    expect(last).toEqual(
      new Map([
        ['ann', 'under dan'],
        ['bob', 'under nobody'],
        ['cid', 'under bob'],
      ]),
    );
  });

  it('keeps the joined rows: they can be grouped, and are in a store of the join', async () => {
    const builder = new StreamsBuilder();
    const table = builder
      .table(orders, { name: 'orders' })
      .join(builder.table(customers, { name: 'customers' }), {
        name: 'named',
        foreignKey: (row) => row.customer,
        joiner: (row, name) => ({ name, amount: row.amount }),
      });
    table
      .groupBy(({ name, amount }) => ({ key: name, value: amount }), { name: 'sums' })
      .aggregate({ initializer: () => 0, adder: (a, b) => a + b, subtractor: (a, b) => a - b })
      .mapValues((sum) => `${sum}`)
      .to(named);
    expect(table.queryable.name).toBe('named');
    const driver = drive(builder, { numPartitions: 3, ...NOTHING_CACHED });
    await customer(driver, 1, 'Ann');
    await customer(driver, 2, 'Bob');
    for (const [key, to, amount] of [
      ['a', 1, 5],
      ['b', 1, 6],
      ['c', 2, 7],
      ['a', 2, 8],
    ] as const)
      await order(driver, key, { customer: to, amount });
    await driver.crashAndRestart();
    await customer(driver, 2, 'Ann');
    await order(driver, 'b', null);
    const last = new Map((await read(driver)).map(([key, value]) => [key, value]));
    expect(last).toEqual(
      new Map([
        ['Ann', '15'],
        ['Bob', '0'],
      ]),
    );
  });

  it.each(KINDS)(
    '%s ends with the right rows, whatever changes when, and however often it crashes',
    async (kind) => {
      const change = fc.oneof(
        fc.record({
          order: fc.constantFrom('a', 'b', 'c', 'd'),
          to: fc.option(fc.constantFrom(1, 2, null), { freq: 4, nil: undefined }),
        }),
        fc.record({
          customer: fc.constantFrom(1, 2),
          name: fc.option(fc.constantFrom('x', 'y'), { freq: 3 }),
        }),
        fc.constantFrom('settle', 'crash'), // else changes are on their way together
      );
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
          const log = await cluster({ orders: 2, customers: 3 });
          const driver = drive(declare(kind), { log, ...NOTHING_CACHED });
          await driver.settle();
          const put = <K, V>(to: Topic<K, V>, numPartitions: number, key: K, value: V | null) =>
            write(log, to, numPartitions, key, value);
          const names = new Map<number, string>();
          const rows = new Map<string, Order>();
          const at = { customer: 0 };
          for (const one of changes) {
            if (one === 'crash') await driver.crashAndRestart();
            else if (one === 'settle') await driver.settle();
            else if ('order' in one) {
              const value = one.to === undefined ? null : { customer: one.to, amount: at.customer++ % 3 };
              if (value === null) rows.delete(one.order);
              else rows.set(one.order, value);
              await put(orders, 2, one.order, value);
            } else {
              if (one.name === null) names.delete(one.customer);
              else names.set(one.customer, one.name);
              await put(customers, 3, one.customer, one.name);
            }
          }
          await driver.settle();
          const expected = [...rows].flatMap(([id, { customer: to, amount }]) => {
            const name = to === null ? undefined : names.get(to);
            if (name === undefined && kind === 'join') return [];
            return [[id, `${id}:${amount} ${name ?? '-'}`] as const];
          });
          const last = new Map((await read(driver)).map(([key, value]) => [key, value]));
          const found = [...last].filter(([, value]) => value !== null);
          expect(new Map(found as [string, string][])).toEqual(new Map(expected));
        }),
        { numRuns: 15 },
      );
    },
  );

  it('refuses tables of windows', () => {
    const builder = new StreamsBuilder();
    const windows = builder
      .stream(orders)
      .groupByKey({ name: 'counts' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0 })
      .count();
    const table = builder.table(customers, { name: 'customers' });
    const options = { name: 'x', foreignKey: () => null, joiner: () => 1 };
    expect(() => table.join(windows as never, options as never)).toThrow('a table of windows cannot be');
  });
});
