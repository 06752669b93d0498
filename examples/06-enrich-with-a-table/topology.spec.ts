import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { customers, enriched, orders, topology } from './topology.ts';

test('an order finds the customer as it is when the order is processed', async () => {
  await using driver = new TopologyTestDriver(topology, { numPartitions: 2, numInstances: 2 });
  const table = driver.input(customers);
  const input = driver.input(orders);
  const order = (id: string) => input.pipe({ customerId: 'c1', amount: 5 }, { key: id });

  await order('o1'); // before the customer is known
  await table.pipe({ name: 'Ann', tier: 'basic' }, { key: 'c1' });
  await order('o2');
  await table.pipe({ name: 'Ann', tier: 'gold' }, { key: 'c1' });
  await order('o3');
  await table.pipe(null, { key: 'c1' }); // deleted
  await order('o4');

  const results = (await driver.output(enriched).readValues()).map(({ name, discount }) => [name, discount]);
  expect(results).toEqual([
    ['unknown', 0],
    ['Ann', 0],
    ['Ann', 0.1],
    ['unknown', 0],
  ]);
});

test('the table can be looked into', async () => {
  await using driver = new TopologyTestDriver(topology, { numPartitions: 2 });
  await driver.input(customers).pipe({ name: 'Ann', tier: 'gold' }, { key: 'c1' });
  await driver.crashAndRestart();
  expect(await driver.keyValueStore<string, unknown>('customers').get('c1')).toEqual({
    name: 'Ann',
    tier: 'gold',
  });
});
