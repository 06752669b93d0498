import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { readingsBefore } from './main.ts';
import { highs, readings, topology } from './topology.ts';

test('records of the version before are read with the default of what they lack', async () => {
  await using driver = new TopologyTestDriver(topology);
  await driver.input(readingsBefore).pipe({ temperature: 20 }, { key: 's1' });
  await driver.input(readings).pipe({ temperature: 77, unit: 'FAHRENHEIT' }, { key: 's1' });
  await driver.crashAndRestart(); // the state is Avro too
  await driver.input(readings).pipe({ temperature: 22, unit: 'CELSIUS' }, { key: 's1' });
  const rows = await driver.output(highs).readValues();
  expect(rows.map(({ celsius }) => celsius)).toEqual([20, 25, 25]);
});

test('a record whose schema nobody registered is a dead letter', async () => {
  await using driver = new TopologyTestDriver(topology);
  await driver.input(readings).pipeBytes(Buffer.from([0, 0, 0, 1, 0, 0]), { key: Buffer.from('s1') });
  const [letter] = await driver.deadLetters.readAll();
  expect(letter?.reason.message).toContain('has no schema 256');
});
