import { minutes } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { clicks, topology, visits } from './topology.ts';

const at = (minute: number, page: string) => ({ key: 'ann', value: { page }, timestampMs: minutes(minute) });

test('a visit ends when nothing was clicked for half an hour', async () => {
  await using driver = new TopologyTestDriver(topology);
  await driver.input(clicks).pipeRecords([at(0, '/'), at(10, '/shop'), at(35, '/cart'), at(100, '/')]);
  expect(await driver.output(visits).readValues()).toEqual([
    { pages: ['/', '/shop', '/cart'], seconds: 35 * 60 },
  ]);
});

test('a click that comes late makes one visit of two', async () => {
  await using driver = new TopologyTestDriver(topology);
  const input = driver.input(clicks);
  const open = () => driver.sessionStore<string, readonly string[]>('visits').fetch('ann');
  await input.pipeRecords([at(0, '/'), at(30.5, '/cart')]);
  await input.pipeRecords([at(12, '/shop')]);
  expect((await open()).map(({ value }) => value)).toEqual([['/', '/cart', '/shop']]);
});

test('a visit outlives a crash', async () => {
  await using driver = new TopologyTestDriver(topology, { numPartitions: 2 });
  const input = driver.input(clicks);
  await input.pipeRecords([at(0, '/')]);
  await driver.crashAndRestart();
  await input.pipeRecords([at(5, '/shop'), at(100, '/')]);
  expect(await driver.output(visits).readValues()).toEqual([{ pages: ['/', '/shop'], seconds: 5 * 60 }]);
});
