import { StreamsBuilder } from '@hiveframe/streams';
import { InMemorySinkTarget, TopologyTestDriver } from '@hiveframe/streams-testing';
import { describe, expect, it } from '@jest/globals';
import { OrderArchiveTopology } from './order-archive.topology.js';
import { orders, type Order } from './order.js';

describe('OrderArchiveTopology', () => {
  it('keeps every order once, also when the process is killed', async () => {
    const files = new InMemorySinkTarget<string, Order>();
    const builder = new StreamsBuilder();
    new OrderArchiveTopology(files.sink()).build(builder);
    await using driver = new TopologyTestDriver(builder.build(), { numPartitions: 4 });
    const input = driver.input(orders);
    await input.pipe({ id: 'a', customer: 'ada', amountCents: 1_000 }, { key: 'ada' });
    await driver.crashAndRestart();
    await input.pipe({ id: 'b', customer: 'ada', amountCents: 500 }, { key: 'ada' });
    expect(files.rows.map(({ value }) => value.id)).toEqual(['a', 'b']);
  });
});
