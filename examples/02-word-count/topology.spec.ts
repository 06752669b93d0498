import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { counts, lines, topology } from './topology.ts';

test('counts every word, whichever partition its line was in', async () => {
  await using driver = new TopologyTestDriver(topology, { numPartitions: 3 });
  const input = driver.input(lines);
  await input.pipe('The stream never ends.', { partition: 0 });
  await input.pipe('Ends the stream? Never!', { partition: 2 });

  expect(await driver.output(counts).readKeyValuesToMap()).toEqual(
    new Map([
      ['the', 2],
      ['stream', 2],
      ['never', 2],
      ['ends', 2],
    ]),
  );
});

test('passes each update on, once for each commit', async () => {
  await using driver = new TopologyTestDriver(topology);
  const input = driver.input(lines);
  await input.pipe('so far');
  await input.pipe('so good, so far');
  expect(await driver.output(counts).readKeyValues()).toEqual([
    { key: 'so', value: 1 },
    { key: 'far', value: 1 },
    { key: 'so', value: 3 },
    { key: 'good', value: 1 },
    { key: 'far', value: 2 },
  ]);
});

test('goes on counting after a crash', async () => {
  await using driver = new TopologyTestDriver(topology);
  const input = driver.input(lines);
  await input.pipe('again');
  await driver.crashAndRestart();
  await input.pipe('and again');
  expect(await driver.keyValueStore<string, number>('word-counts').get('again')).toBe(2);
});
