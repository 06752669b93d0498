import { seconds } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { heartbeats, lastSeen, silences, topology } from './topology.ts';

test('tells of each device that has been silent for two seconds, once', async () => {
  await using driver = new TopologyTestDriver(topology);
  await driver.input(heartbeats).pipe({ battery: 80 }, { key: 'a' });
  await driver.advanceWallClock(seconds(1));
  await driver.input(heartbeats).pipe({ battery: 50 }, { key: 'b' });
  await driver.advanceWallClock(seconds(10), { stepMs: seconds(1) });

  expect(await driver.output(silences).readAll()).toMatchObject([
    { key: 'a', value: { sinceMs: 0 }, timestampMs: seconds(2) },
    { key: 'b', value: { sinceMs: seconds(1) }, timestampMs: seconds(3) },
  ]);
});

test('a device that is heard again is remembered again', async () => {
  await using driver = new TopologyTestDriver(topology);
  const store = driver.keyValueStore(lastSeen);
  await driver.input(heartbeats).pipe({ battery: 80 }, { key: 'a' });
  expect(await store.get('a')).toBe(0);
  await driver.advanceWallClock(seconds(2));
  expect(await store.get('a')).toBeUndefined();
  await driver.input(heartbeats).pipe({ battery: 79 }, { key: 'a' });
  expect(await store.get('a')).toBe(seconds(2));
});

test('a timer that came due while the application was down fires when it is back', async () => {
  await using driver = new TopologyTestDriver(topology, { numPartitions: 2 });
  await driver.input(heartbeats).pipe({ battery: 80 }, { key: 'a' });
  await driver.instance().crash();
  driver.clock.advance(seconds(60));
  await driver.instance().start();
  expect(await driver.output(silences).readKeyValues()).toEqual([{ key: 'a', value: { sinceMs: 0 } }]);
});
