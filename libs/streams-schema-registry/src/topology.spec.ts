import { describe, expect, it } from '@jest/globals';
import { inMemoryStores, seconds, string, StreamsBuilder, sum, topic, tumbling } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { avro } from './avro/avro.serde.ts';
import { protobuf } from './protobuf/protobuf.serde.ts';
import { inMemorySchemaRegistry, type InMemorySchemaRegistry } from './registry/in-memory-registry.ts';

interface Order {
  customer: string;
  amount: number;
}
const ORDER = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'customer', type: 'string' },
    { name: 'amount', type: 'double' },
  ],
} as const;

function orders(registry: InMemorySchemaRegistry) {
  return topic('orders', { key: string(), value: avro<Order>({ registry, schema: JSON.stringify(ORDER) }) });
}
/** Through a repartition topic and a table, whose changelogs have Avro too. */
function totals(registry: InMemorySchemaRegistry) {
  const total = avro({
    registry,
    schema: {
      type: 'record',
      name: 'Total',
      fields: [
        { name: 'customer', type: 'string' },
        { name: 'total', type: 'double' },
      ],
    },
  });
  const output = topic('totals', { key: string(), value: total });
  const builder = new StreamsBuilder();
  builder
    .stream(orders(registry))
    .selectKey((order) => order.customer)
    .groupByKey({ name: 'by-customer' })
    .aggregate({
      initializer: () => ({ customer: '', total: 0 }),
      aggregator: (aggregate, order, key) => ({ customer: key, total: aggregate.total + order.amount }),
      store: { name: 'totals', value: total },
    })
    .toStream()
    .mapValues((row) => row!)
    .to(output);
  return { topology: builder.build(), output };
}

describe('a topology with serdes on a registry', () => {
  it('keeps state in Avro, through crashes', async () => {
    const registry = inMemorySchemaRegistry();
    const { topology, output } = totals(registry);
    await using driver = new TopologyTestDriver(topology, { numPartitions: 2 });
    const input = driver.input(orders(registry));
    await input.pipe({ customer: 'a', amount: 1 }, { key: 'x' });
    await driver.crashAndRestart();
    await input.pipe({ customer: 'a', amount: 2 }, { key: 'y' });
    expect(await driver.output(output).readKeyValuesToMap()).toEqual(
      new Map([['a', { customer: 'a', total: 3 }]]),
    );
    expect(await registry.schemaOf('test-totals-changelog-value', 1)).not.toBeNull();
  });

  it('reads state that it did not write itself', async () => {
    const registry = inMemorySchemaRegistry();
    const { topology } = totals(registry);
    const around = { log: embedded(), stores: inMemoryStores() };
    const first = new TopologyTestDriver(topology, around);
    await first.input(orders(registry)).pipe({ customer: 'a', amount: 1 }, { key: 'x' });
    await first.instance().stop();
    const again = totals(registry);
    await using changed = new TopologyTestDriver(again.topology, around);
    await changed.input(orders(registry)).pipe({ customer: 'a', amount: 2 }, { key: 'x' });
    const all = await changed.output(again.output).readValues();
    expect(all.at(-1)).toEqual({ customer: 'a', total: 3 });
  });

  it('dead-letters what is damaged, or has a schema that nobody registered, and goes on', async () => {
    const registry = inMemorySchemaRegistry();
    const { topology, output } = totals(registry);
    await using driver = new TopologyTestDriver(topology);
    const input = driver.input(orders(registry));
    await input.pipeBytes(Buffer.from([0, 0, 0, 0, 99, 1]), { key: Buffer.from('x') });
    await input.pipeBytes(Buffer.from([0, 0, 0]), { key: Buffer.from('x') });
    await input.pipe({ customer: 'a', amount: 1 }, { key: 'x' });
    const reasons = (await driver.deadLetters.readAll()).map(({ reason }) => reason.message);
    expect(reasons).toEqual([
      expect.stringContaining('has no schema 99'),
      expect.stringContaining('3 bytes are too few'),
    ]);
    expect(await driver.output(output).readValues()).toEqual([{ customer: 'a', total: 1 }]);
  });

  it('lets a record wait while the registry is away, commits what came before, and loses nothing', async () => {
    const registry = inMemorySchemaRegistry();
    const { topology, output } = totals(registry);
    await using driver = new TopologyTestDriver(topology);
    const input = driver.input(orders(registry));
    await input.pipe({ customer: 'a', amount: 1 }, { key: 'x' });
    const evolved = await evolvedOrder(registry);
    registry.isAway = true;
    await input.pipeBytes(evolved({ customer: 'a', amount: 2, currency: 'EUR' }), { key: Buffer.from('x') });
    expect(await driver.output(output).readValues()).toEqual([{ customer: 'a', total: 1 }]);
    await driver.advanceWallClock(seconds(5));
    expect(await driver.output(output).isEmpty()).toBe(true);
    registry.isAway = false;
    await driver.advanceWallClock(seconds(20));
    expect(await driver.output(output).readValues()).toEqual([{ customer: 'a', total: 3 }]);
    expect(await driver.deadLetters.isEmpty()).toBe(true);
  });

  it('loses nothing in a crash while a record waits', async () => {
    const registry = inMemorySchemaRegistry();
    const { topology, output } = totals(registry);
    await using driver = new TopologyTestDriver(topology);
    const input = driver.input(orders(registry));
    const evolved = await evolvedOrder(registry);
    await input.pipe({ customer: 'a', amount: 1 }, { key: 'x' });
    registry.isAway = true;
    await input.pipeBytes(evolved({ customer: 'a', amount: 2, currency: 'EUR' }), { key: Buffer.from('x') });
    registry.isAway = false;
    await driver.crashAndRestart();
    expect(await driver.output(output).readValues()).toEqual([
      { customer: 'a', total: 1 },
      { customer: 'a', total: 3 },
    ]);
  });

  it('joins with tables and global tables of other formats, which rows are kept in', async () => {
    const registry = inMemorySchemaRegistry();
    const customer = protobuf<{ name: string }>({
      registry,
      schema: 'syntax = "proto3"; message Customer { string name = 1; }',
    });
    const customers = topic('customers', { key: string(), value: customer });
    const regions = topic('regions', { key: string(), value: customer });
    const named = topic('named', { key: string(), value: customer });
    const builder = new StreamsBuilder();
    const region = builder.globalTable(regions, { name: 'regions' });
    builder
      .stream(orders(registry))
      .join(builder.table(customers, { name: 'customers' }), {
        name: 'with-customer',
        joiner: (order, row) => ({ name: `${row.name} ${order.amount}` }),
      })
      .join(region, {
        name: 'with-region',
        keyOf: (_row, key) => key,
        joiner: (row, { name }) => ({ name: `${row.name} ${name}` }),
      })
      .to(named);
    await using driver = new TopologyTestDriver(builder.build());
    await driver.input(regions).pipe({ name: 'north' }, { key: 'x' });
    await driver.input(customers).pipe({ name: 'Ada' }, { key: 'x' });
    await driver.crashAndRestart();
    await driver.input(orders(registry)).pipe({ customer: 'a', amount: 5 }, { key: 'x' });
    expect(await driver.output(named).readValues()).toEqual([{ name: 'Ada 5 north' }]);
  });

  it('writes keys of windows, whose ids are prepared with those of the keys', async () => {
    const registry = inMemorySchemaRegistry();
    const key = avro<string>({ registry, schema: '"string"' });
    const keyed = topic('keyed', { key, value: avro<Order>({ registry, schema: JSON.stringify(ORDER) }) });
    const sums = topic('sums', { key, value: avro<Order>({ registry, schema: JSON.stringify(ORDER) }) });
    const builder = new StreamsBuilder();
    builder
      .stream(keyed)
      .groupByKey({ name: 'keyed' })
      .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 0, emit: 'final' })
      .agg(sum('amount').alias('amount'))
      .toStream()
      .map((row, { key: customer }) => ({ key: customer, value: { customer, amount: row.amount } }))
      .to(sums);
    await using driver = new TopologyTestDriver(builder.build());
    const input = driver.input(keyed);
    await input.pipe({ customer: 'a', amount: 1 }, { key: 'a', timestampMs: 1 });
    await driver.crashAndRestart();
    await input.pipe({ customer: 'a', amount: 2 }, { key: 'a', timestampMs: 2 });
    await input.pipe({ customer: 'b', amount: 2 }, { key: 'b', timestampMs: 2_000 });
    expect(await driver.output(sums).readKeyValues()).toEqual([
      { key: 'a', value: { customer: 'a', amount: 3 } },
    ]);
  });
});

/** Writes orders with a field more, under an id that no reader has seen. */
async function evolvedOrder(registry: InMemorySchemaRegistry) {
  const fields = [...ORDER.fields, { name: 'currency', type: 'string', default: 'EUR' }];
  const serde = avro<object>({ registry, schema: JSON.stringify({ ...ORDER, fields }) });
  await serde.prepare!('orders', 'value');
  return (value: object) =>
    Buffer.from(serde.serialize(value, { topic: 'orders', part: 'value', headers: () => [] }));
}
