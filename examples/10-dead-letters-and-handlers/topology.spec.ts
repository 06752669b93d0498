import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { booked, handlers, payments, topology } from './topology.ts';

test('what cannot be read or processed goes to the dead letters, with the reason; the others go on', async () => {
  await using driver = new TopologyTestDriver(topology, handlers);
  const input = driver.input(payments);
  await input.pipe({ account: 'a', cents: 100 }, { key: 'p1' });
  await input.pipeBytes(Buffer.from('{"account":'), { key: Buffer.from('p2') });
  await input.pipeBytes(Buffer.from('{"account":"a","cents":0.5}'), { key: Buffer.from('p3') });
  await input.pipe({ account: 'a', cents: -1 }, { key: 'p4' });
  await input.pipe({ account: 'b', cents: 200 }, { key: 'p5' });

  expect((await driver.output(booked).readAll()).map(({ key }) => key)).toEqual(['p1', 'p5']);
  const letters = await driver.deadLetters.readAll();
  expect(letters.map(({ key, reason }) => [key?.toString(), reason.kind])).toEqual([
    ['p2', 'deserialization'],
    ['p3', 'deserialization'],
    ['p4', 'processing'],
  ]);
  expect(letters[0]?.value?.toString()).toBe('{"account":');
  expect(letters[2]?.reason).toMatchObject({ topic: 'payments', offset: 3 });
  expect(letters[2]?.reason.message).toContain('-1 cents cannot be booked');
});

test('a handler may look at the failure: payments to closed accounts are skipped', async () => {
  await using driver = new TopologyTestDriver(topology, handlers);
  await driver.input(payments).pipe({ account: 'closed', cents: 100 }, { key: 'p1' });
  expect(await driver.output(booked).isEmpty()).toBe(true);
  expect(await driver.deadLetters.isEmpty()).toBe(true);
});

test("'fail' ends the application instead, and the record is still there when it is mended", async () => {
  await using driver = new TopologyTestDriver(topology, { onProcessingFailure: 'fail' });
  const piped = driver.input(payments).pipe({ account: 'a', cents: -1 }, { key: 'p1' });
  await expect(piped).rejects.toThrow('-1 cents cannot be booked');
});
