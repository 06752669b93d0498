import { StreamsBuilder } from '@hiveframe/streams';
import { InMemorySinkTarget, TopologyTestDriver } from '@hiveframe/streams-testing';
import { describe, expect, it } from '@jest/globals';
import { orders } from './order.js';
import { OrderTotalsTopology, type OrderTotals } from './order-totals.topology.js';

/** The topology on the real engine, without a broker, and the table that it writes. */
function setUp() {
  const table = new InMemorySinkTarget<string, OrderTotals | null>();
  const builder = new StreamsBuilder();
  new OrderTotalsTopology(table.sink()).build(builder);
  const driver = new TopologyTestDriver(builder.build(), { numPartitions: 4 });
  return { driver, rows: () => Object.fromEntries(table.rows.map(({ key, value }) => [key, value])) };
}

describe('OrderTotalsTopology', () => {
  it('sums the orders of each customer', async () => {
    const { driver, rows } = setUp();
    await using _ = driver;
    const input = driver.input(orders);
    await input.pipe({ id: 'a', customer: 'ada', amountCents: 1_000 }, { key: 'ada' });
    await input.pipe({ id: 'b', customer: 'bob', amountCents: 250 }, { key: 'bob' });
    await input.pipe({ id: 'c', customer: 'ada', amountCents: 500 }, { key: 'ada' });
    expect(rows()).toEqual({
      ada: { customer: 'ada', orders: 2, amount_cents: 1_500 },
      bob: { customer: 'bob', orders: 1, amount_cents: 250 },
    });
  });

  it('counts no order twice and loses none when the process is killed', async () => {
    const { driver, rows } = setUp();
    await using _ = driver;
    const input = driver.input(orders);
    await input.pipe({ id: 'a', customer: 'ada', amountCents: 1_000 }, { key: 'ada' });
    await driver.crashAndRestart();
    await input.pipe({ id: 'b', customer: 'ada', amountCents: 500 }, { key: 'ada' });
    expect(rows()).toEqual({ ada: { customer: 'ada', orders: 2, amount_cents: 1_500 } });
  });

  it('puts what is no order aside, with the reason', async () => {
    const { driver, rows } = setUp();
    await using _ = driver;
    await driver.input(orders).pipeBytes(Buffer.from('{"id":"a"}'), { key: Buffer.from('ada') });
    expect((await driver.deadLetters.read())?.reason.message).toMatch(/customer/);
    expect(rows()).toEqual({});
  });
});
