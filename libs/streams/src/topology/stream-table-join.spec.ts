import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { json, string, StreamsBuilder, topic, tumbling, type KStream } from '@hiveframe/streams';
import { cluster, write } from '../../test/support/cluster.ts';
import { drive, driveBatches, NOTHING_CACHED, type Written } from '../../test/support/tables.ts';

interface Order {
  readonly customer: string | null;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const customers = topic('customers', { key: string(), value: json<string>() });
const out = topic('out', { key: string(), value: json<string>() });

type Kind = 'join' | 'leftJoin';

function enrich(
  builder: StreamsBuilder,
  stream: KStream<string, Order>,
  kind: Kind,
): KStream<string, string> {
  const table = builder.table(customers, { name: 'customers' });
  return stream[kind](table, {
    name: 'named',
    joiner: ({ amount }, name: string | null) => `${name}:${amount}`,
  });
}
const order = (key: string | null, amount: number, at = 0): Written => ({
  topic: 'orders',
  key,
  value: { customer: null, amount },
  at,
});
const customer = (key: string, value: string | null, at = 0): Written => ({
  topic: 'customers',
  key,
  value,
  at,
});

describe('stream-table join', () => {
  it.each([
    ['join', ['Ann:2', 'Anna:3']],
    ['leftJoin', ['null:1', 'Ann:2', 'Anna:3', 'null:4']],
  ] as const)(
    'D23 %s: only the stream triggers, neither a change of the table nor a deletion',
    async (kind, wanted) => {
      const builder = new StreamsBuilder();
      enrich(builder, builder.stream(orders), kind).to(out);
      const driver = drive(builder, NOTHING_CACHED);
      const pipe = (amount: number) => driver.input(orders).pipe({ customer: null, amount }, { key: 'a' });
      const name = (value: string | null) => driver.input(customers).pipe(value, { key: 'a' });
      await pipe(1);
      await name('Ann');
      await pipe(2);
      await name('Anna');
      await pipe(3);
      await name(null);
      await pipe(4);
      expect(await driver.output(out).readValues()).toEqual(wanted);
    },
  );

  it('D20 drops a record without a key; a left join passes it on without a row (KIP-962)', async () => {
    for (const [kind, wanted] of [
      ['join', []],
      ['leftJoin', ['null:1']],
    ] as const) {
      const builder = new StreamsBuilder();
      enrich(builder, builder.stream(orders), kind).to(out);
      const driver = drive(builder);
      await driver.input(orders).pipe({ customer: null, amount: 1 });
      expect(await driver.output(out).readValues()).toEqual(wanted);
    }
  });

  it('D20 drops a record without a value, and counts it', async () => {
    const dropped: unknown[] = [];
    const telemetry = {
      count: (name: string, _value: number, tags?: Readonly<Record<string, unknown>>) => {
        if (name === 'dropped-records') dropped.push(tags?.['reason']);
      },
      record: () => {},
    };
    const builder = new StreamsBuilder();
    const rows = builder.table(orders, { name: 'orders' }).toStream() as KStream<string, Order>;
    enrich(builder, rows, 'leftJoin').to(out);
    const driver = drive(builder, { telemetry });
    await driver.input(orders).pipe({ customer: null, amount: 1 }, { key: 'a' });
    await driver.input(orders).pipe(null, { key: 'a' });
    expect(await driver.output(out).readValues()).toEqual(['null:1']);
    expect(dropped).toEqual(['nullValue']);
  });

  it('D9 gives a result the time of its record', async () => {
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'join').to(out);
    const { driver, write } = await driveBatches(builder);
    await write([customer('a', 'Ann', 100), order('a', 1, 7)]);
    await write([order('a', 1, 8)]);
    expect((await driver.output(out).readAll()).map(({ timestampMs }) => timestampMs)).toEqual([8]);
  });

  it('D21 takes records of both in the order of their times, rows first', async () => {
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'leftJoin').to(out);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([
      ...[1, 2, 3].map((at) => order('a', at, at * 10)),
      ...[1, 2, 3].map((at) => customer('a', `v${at}`, at * 10)),
    ]);
    expect(await driver.output(out).readValues()).toEqual(['v1:1', 'v2:2', 'v3:3']);
  });

  it('D25 writes keys that may have changed as the table has them, so that they meet in one partition', async () => {
    const builder = new StreamsBuilder();
    const byCustomer = builder.stream(orders).selectKey(({ customer }) => customer ?? '');
    enrich(builder, byCustomer, 'join').to(out);
    const driver = drive(builder, { numPartitions: 5 });
    const names = Array.from({ length: 12 }, (_, i) => `c${i}`);
    for (const name of names) await driver.input(customers).pipe(name, { key: name });
    for (const name of names) await driver.input(orders).pipe({ customer: name, amount: 1 }, { key: 'any' });
    const values = await driver.output(out).readValues();
    expect([...values].sort()).toEqual(names.map((name) => `${name}:1`).sort());
  });

  it('D24 gives a repartition topic as many partitions as the table has', async () => {
    const builder = new StreamsBuilder();
    const byCustomer = builder.stream(orders).selectKey(({ customer }) => customer ?? '');
    enrich(builder, byCustomer, 'join').to(out);
    const log = await cluster({ orders: 4, customers: 3 });
    await drive(builder, { log }).settle();
    const described = await log.admin.describe(['test-named-repartition']);
    expect(described.get('test-named-repartition')?.numPartitions).toBe(3);
  });

  it('D24 gives repartition topics that meet the count of the largest topic they come from', async () => {
    const builder = new StreamsBuilder();
    const rekeyed = builder.stream(customers).selectKey((name) => name);
    builder
      .stream(orders)
      .selectKey(({ customer }) => customer ?? '')
      .join(rekeyed.toTable({ name: 'by-name' }), { name: 'named', joiner: (_, name) => name })
      .to(out);
    const log = await cluster({ orders: 4, customers: 7 });
    await drive(builder, { log }).settle();
    const names = ['test-named-repartition', 'test-by-name-repartition', 'test-by-name-changelog'];
    const described = await log.admin.describe(names);
    expect(names.map((name) => described.get(name)?.numPartitions)).toEqual([7, 7, 7]);
  });

  it('D24 refuses a stream with another partition count than the table', async () => {
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'join').to(out);
    const driver = drive(builder, { log: await cluster({ orders: 4, customers: 3 }) });
    await expect(driver.settle()).rejects.toThrow('must have equal partition counts');
  });

  it('shows the store that it reads', () => {
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'join').to(out);
    const described = builder.build().describe();
    expect(described).toContain('Processor: named (stores: [customers])');
    expect(described).not.toContain('Sub-topology: 1');
  });

  it('reads rows through filter, mapValues and joins, and aggregates as they are now', async () => {
    const builder = new StreamsBuilder();
    const names = builder.table(customers, { name: 'customers' });
    const counts = builder.stream(orders).groupByKey({ name: 'counts' }).count();
    const rows = names
      .filter((name) => name !== 'Bob')
      .mapValues((name) => name.toUpperCase())
      .join(counts, { name: 'counted', joiner: (name, count) => `${name} ${count}` });
    const asked = topic('asked', { key: string(), value: json<string>() });
    builder
      .stream(asked)
      .leftJoin(rows, { name: 'answers', joiner: (question, row) => `${question} ${row}` })
      .to(out);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    const ask = (value: string, at: number): Written => ({ topic: 'asked', key: 'a', value, at });
    await write([
      ask('who?', 1),
      customer('a', 'Ann', 2),
      order('a', 1, 3),
      order('a', 1, 4),
      ask('who?', 5),
    ]);
    await write([customer('a', 'Bob', 6), ask('who?', 7)]);
    expect(await driver.output(out).readValues()).toEqual(['who? null', 'who? ANN 2', 'who? null']);
  });

  it('leaves the time of windows behind it to the stream: a table that is silent does not hold it', async () => {
    const closed = topic('closed', { key: string(), value: json<number>() });
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'leftJoin')
      .groupByKey({ name: 'windows' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final' })
      .count()
      .toStream()
      .map((count, { key }) => ({ key, value: count }))
      .to(closed);
    const { driver, write } = await driveBatches(builder);
    await write([customer('a', 'Ann', 1), order('a', 1, 2), order('a', 1, 25)]);
    expect(await driver.output(closed).readValues()).toEqual([1]);
  });

  it('leaves a joiner that throws to the handler, and goes on with those that wait behind it', async () => {
    const builder = new StreamsBuilder();
    const table = builder.table(customers, { name: 'customers' });
    builder
      .stream(orders)
      .join(table, {
        name: 'strict',
        joiner: ({ amount }, name) => {
          if (amount < 0) throw new Error('negative');
          return `${name}:${amount}`;
        },
      })
      .to(out);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    await write([customer('a', 'Ann')]);
    await write([order('a', 1, 1), order('a', -1, 2), order('a', 2, 3)]);
    expect(await driver.output(out).readValues()).toEqual(['Ann:1', 'Ann:2']);
    const [deadLetter] = await driver.deadLetters.readAll();
    expect(deadLetter!.value!.toString()).toContain('-1');
  });

  it('gives each record the row that was there, whatever is forgotten or crashes', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const written = fc.array(
      fc.oneof(
        key.map((one) => ({ key: one, row: null as string | null, isOrder: true })),
        fc
          .tuple(key, fc.option(fc.constantFrom('x', 'y', 'z')))
          .map(([one, row]) => ({ key: one, row, isOrder: false })),
      ),
      { maxLength: 12 },
    );
    const rounds = fc.array(fc.record({ written, crash: fc.boolean() }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const builder = new StreamsBuilder();
        enrich(builder, builder.stream(orders), 'leftJoin').to(out);
        const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
        const rows = new Map<string, string | null>();
        const wanted: string[] = [];
        let at = 0;
        for (const round of all) {
          const records = round.written.map((one) => {
            at++;
            if (!one.isOrder) {
              rows.set(one.key, one.row);
              return customer(one.key, one.row, at);
            }
            wanted.push(`${rows.get(one.key) ?? null}:${at}`);
            return order(one.key, at, at);
          });
          await write(records);
          if (round.crash) await driver.crashAndRestart();
        }
        expect(await driver.output(out).readValues()).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });
});

describe('maxTaskIdleMs', () => {
  const topics = { orders: 1, customers: 1 };

  /** An order lies in the log; its customer comes later, and is older. */
  async function lateRow(maxTaskIdleMs: number) {
    const builder = new StreamsBuilder();
    enrich(builder, builder.stream(orders), 'leftJoin').to(out);
    const log = await cluster(topics);
    await write(log, { topic: 'orders', partition: 0 }, [
      { key: 'a', value: '{"customer":null,"amount":1}', timestampMs: 10 },
    ]);
    const driver = drive(builder, { log, maxTaskIdleMs });
    await driver.settle();
    return driver;
  }

  it('D21 above 0 waits that long for an input that is empty', async () => {
    const driver = await lateRow(500);
    await driver.advanceWallClock(499);
    expect(await driver.output(out).readValues()).toEqual([]);
    await driver.input(customers).pipe('Ann', { key: 'a', timestampMs: 5 });
    await driver.advanceWallClock(500);
    expect(await driver.output(out).readValues()).toEqual(['Ann:1']);
  });

  it('D21 above 0 goes on when the time is over', async () => {
    const driver = await lateRow(500);
    await driver.advanceWallClock(500);
    expect(await driver.output(out).readValues()).toEqual(['null:1']);
  });

  it('D21 of 0 does not wait for what is not in the log', async () => {
    const driver = await lateRow(0);
    expect(await driver.output(out).readValues()).toEqual(['null:1']);
  });
});
