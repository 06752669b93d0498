import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { complaints, events, large, log, topology } from './topology.ts';

test('each event goes the way of its kind', async () => {
  await using driver = new TopologyTestDriver(topology);
  await driver.input(events).pipeKeyValues([
    ['o1', { kind: 'created', amount: 20 }],
    ['o2', { kind: 'created', amount: 5_000 }],
    ['o1', { kind: 'cancelled', reason: 'too late' }],
    ['o2', { kind: 'shipped', carrier: 'pigeon' }],
  ]);

  expect(await driver.output(large).readKeyValues()).toEqual([
    { key: 'o2', value: { kind: 'created', amount: 5_000 } },
  ]);
  expect(await driver.output(complaints).readValues()).toEqual(['too late']);
  expect(await driver.output(log).readValues()).toEqual(['ordered for 20', 'ordered for 5000', 'shipped']);
});

test('nothing keeps state, nothing is repartitioned: one sub-topology does it all', () => {
  expect(topology.describe()).toMatchSnapshot();
});
