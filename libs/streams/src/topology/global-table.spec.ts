import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsApp, StreamsBuilder, topic, type Logger } from '@hiveframe/streams';
import { afterTest, cluster, eventually, write } from '../../test/support/cluster.ts';
import { drive } from '../../test/support/tables.ts';

interface Order {
  readonly customer: string | null;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const customers = topic('customers', { key: string(), value: json<string>() });
const out = topic('out', { key: string(), value: json<string>() });

type Kind = 'join' | 'leftJoin';

function enriched(kind: Kind): StreamsBuilder {
  const builder = new StreamsBuilder();
  const everywhere = builder.globalTable(customers, { name: 'everywhere' });
  const joiner = ({ amount }: Order, name: string | null, key: string) => `${key} ${name}:${amount}`;
  builder
    .stream(orders)
    [kind](everywhere, { name: 'named', keyOf: (order) => order.customer, joiner })
    .to(out);
  return builder;
}

describe('global tables', () => {
  it.each([
    ['join', ['o2 Ann:2', 'o3 Anna:3']],
    ['leftJoin', ['o1 null:1', 'o2 Ann:2', 'o3 Anna:3', 'o4 null:4', 'o5 null:5']],
  ] as const)(
    'D23 %s: the stream triggers; a row is found by what keyOf says, null has none',
    async (kind, wanted) => {
      const driver = drive(enriched(kind));
      const order = (key: string, customer: string | null, amount: number) =>
        driver.input(orders).pipe({ customer, amount }, { key });
      await order('o1', 'a', 1);
      await driver.input(customers).pipe('Ann', { key: 'a' });
      await order('o2', 'a', 2);
      await driver.input(customers).pipe('Anna', { key: 'a' });
      await order('o3', 'a', 3);
      await order('o4', null, 4);
      await driver.input(customers).pipe(null, { key: 'a' });
      await order('o5', 'a', 5);
      expect(await driver.output(out).readValues()).toEqual(wanted);
    },
  );

  it('are shown by describe, and belong to no sub-topology', () => {
    const described = enriched('join').build().describe();
    expect(described).toContain('   Global table: everywhere (topic: customers)');
    expect(described).not.toContain('topics: [customers]');
  });

  it('need no equal partition counts: every instance has all rows', async () => {
    const log = await cluster({ orders: 4, customers: 3 });
    const driver = drive(enriched('join'), { log });
    const names = Array.from({ length: 9 }, (_, i) => `c${i}`);
    for (const name of names) await driver.input(customers).pipe(name, { key: name });
    for (const name of names) await driver.input(orders).pipe({ customer: name, amount: 1 }, { key: 'o' });
    expect(await driver.output(out).readValues()).toEqual(names.map((name) => `o ${name}:1`));
  });

  it('are read again from the beginning after a crash', async () => {
    const driver = drive(enriched('leftJoin'));
    await driver.input(customers).pipe('Ann', { key: 'a' });
    await driver.input(customers).pipe('Bob', { key: 'b' });
    await driver.input(customers).pipe(null, { key: 'b' });
    await driver.crashAndRestart();
    for (const customer of ['a', 'b']) await driver.input(orders).pipe({ customer, amount: 1 }, { key: 'o' });
    expect(await driver.output(out).readValues()).toEqual(['o Ann:1', 'o null:1']);
  });

  it('go on without a record that cannot be read, and say so; or end the application, as configured', async () => {
    const said: string[] = [];
    const logger: Logger = { log: (level, text) => level === 'error' && said.push(text) };
    const driver = drive(enriched('leftJoin'), { logger });
    await driver.input(customers).pipeBytes(Buffer.from('{'), { key: Buffer.from('a') });
    await driver.input(customers).pipe('Bob', { key: 'b' });
    await driver.input(orders).pipe({ customer: 'b', amount: 1 }, { key: 'o' });
    expect(await driver.output(out).readValues()).toEqual(['o Bob:1']);
    expect(said[0]).toContain('Cannot deserialize customers-0 at offset 0 for global table everywhere');
    const strict = drive(enriched('leftJoin'), { onDeserializationFailure: 'fail' });
    const piped = strict.input(customers).pipeBytes(Buffer.from('{'), { key: Buffer.from('a') });
    await expect(piped).rejects.toThrow('for global table everywhere');
  });

  it('are read whole before an application processes anything, and kept up to date while it runs', async () => {
    const log = await cluster({ orders: 1, customers: 2, out: 1 });
    const row = (partition: number, key: string, value: string) =>
      write(log, { topic: 'customers', partition }, [{ key, value: JSON.stringify(value), timestampMs: 0 }]);
    const order = (customer: string) =>
      write(log, { topic: 'orders', partition: 0 }, [
        { key: 'o', value: JSON.stringify({ customer, amount: 1 }), timestampMs: 0 },
      ]);
    await order('a');
    await row(1, 'a', 'Ann');
    const app = new StreamsApp(enriched('leftJoin').build(), {
      applicationId: 'global',
      log,
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 10,
    });
    afterTest(() => app.stop());
    await app.start();
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign({ topic: 'out', partition: 0 }, 0);
    const seen: string[] = [];
    const sees = async (text: string) => {
      for (const { batches } of await reader.poll({ maxWaitMs: 5 }))
        for (const { buffer } of batches) seen.push(buffer.toString('latin1'));
      return seen.some((one) => one.includes(text));
    };
    await eventually(() => sees('o Ann:1'), 'the order is joined with what was there');
    await row(0, 'b', 'Bob');
    await eventually(async () => {
      await order('b');
      return sees('o Bob:1');
    }, 'an order is joined with the new row');
    expect(seen.some((one) => one.includes('Ann'))).toBe(true);
  });

  it('refuses a topic without keys, a name given twice, and a table of another builder', () => {
    const builder = new StreamsBuilder();
    const lines = topic('lines', { value: string() });
    expect(() => builder.globalTable(lines, { name: 'x' })).toThrow('declared without a key');
    const table = builder.globalTable(customers, { name: 'x' });
    builder.globalTable(customers, { name: 'x' });
    builder.stream(orders).to(topic('copy', { key: string(), value: json<Order>() }));
    expect(() => builder.build()).toThrow("two global tables are named 'x'");
    const stream = new StreamsBuilder().stream(orders);
    const options = { name: 'y', keyOf: () => '', joiner: () => '' };
    expect(() => stream.join(table, options)).toThrow('of another StreamsBuilder');
  });
});
