import { seconds } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { located, signups, topologyWith } from './topology.ts';

test('eight calls are under way at once', async () => {
  let running = 0;
  let most = 0;
  const topology = topologyWith({
    async countryOf() {
      most = Math.max(most, ++running);
      await driver.clock.delay(50); // takes no real time
      running--;
      return 'DE';
    },
  });
  await using driver = new TopologyTestDriver(topology);
  await driver
    .input(signups)
    .pipeKeyValues(Array.from({ length: 20 }, (_, i) => [`user-${i}`, { ip: '::1' }]));
  expect(await driver.output(located).isEmpty()).toBe(true);
  await driver.advanceWallClock(seconds(1));
  expect(await driver.output(located).size()).toBe(20);
  expect(most).toBe(8);
});

test('a call that fails is made again, later and later', async () => {
  const calledMs: number[] = [];
  const topology = topologyWith({
    async countryOf() {
      calledMs.push(driver.clock.nowMs());
      if (calledMs.length < 4) throw new Error('503');
      return 'FR';
    },
  });
  await using driver = new TopologyTestDriver(topology);
  await driver.input(signups).pipe({ ip: '::1' }, { key: 'ann' });
  await driver.advanceWallClock(seconds(5));
  expect(calledMs).toEqual([0, 200, 600, 1_400]);
  expect(await driver.output(located).readValues()).toEqual([{ ip: '::1', country: 'FR' }]);
});

test('one that never answers ends among the dead letters', async () => {
  const topology = topologyWith({
    countryOf: async (ip) => (ip === 'bad' ? new Promise<string>(() => {}) : 'DE'),
  });
  await using driver = new TopologyTestDriver(topology);
  await driver.input(signups).pipeKeyValues([
    ['ann', { ip: 'bad' }],
    ['bob', { ip: '::1' }],
  ]);
  await driver.advanceWallClock(seconds(10)); // four attempts of two seconds, and the pauses between them
  expect(await driver.output(located).readKeyValues()).toEqual([
    { key: 'bob', value: { ip: '::1', country: 'DE' } },
  ]);
  expect((await driver.deadLetters.read())?.reason).toMatchObject({ kind: 'processing', offset: 0 });
});
