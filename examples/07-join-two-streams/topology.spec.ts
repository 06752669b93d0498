import { hours, minutes } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { orders, payments, settlements, topology } from './topology.ts';

let driver: TopologyTestDriver;
beforeEach(() => {
  driver = new TopologyTestDriver(topology);
});
afterEach(() => driver[Symbol.asyncDispose]());
const results = () => driver.output(settlements).readAll();

test('order and payment are joined, whichever comes first, with the later time of the two', async () => {
  await driver.input(orders).pipe({ amount: 5 }, { key: 'o1', timestampMs: minutes(10) });
  await driver.input(payments).pipe({ amount: 5 }, { key: 'o1', timestampMs: minutes(30) });
  await driver.input(payments).pipe({ amount: 7 }, { key: 'o2', timestampMs: minutes(31) });
  await driver.input(orders).pipe({ amount: 7 }, { key: 'o2', timestampMs: minutes(32) });

  expect(await results()).toMatchObject([
    { key: 'o1', value: { ordered: 5, paid: 5 }, timestampMs: minutes(30) },
    { key: 'o2', value: { ordered: 7, paid: 7 }, timestampMs: minutes(32) },
  ]);
});

test('an order that nobody pays is given alone once its hour and the grace are over, in the time of both streams', async () => {
  await driver.input(orders).pipe({ amount: 5 }, { key: 'o1', timestampMs: 0 });
  await driver.input(orders).pipe({ amount: 9 }, { key: 'o2', timestampMs: hours(2) });
  expect(await results()).toEqual([]); // payments may still be on their way
  await driver.input(payments).pipe({ amount: 9 }, { key: 'o2', timestampMs: hours(2) });
  expect(new Map((await results()).map(({ key, value }) => [key, value.paid]))).toEqual(
    new Map([
      ['o1', null],
      ['o2', 9],
    ]),
  );
});

test('an order waits for its payment also while the application is down', async () => {
  await driver.input(orders).pipe({ amount: 5 }, { key: 'o1', timestampMs: 0 });
  await driver.crashAndRestart();
  await driver.input(payments).pipe({ amount: 5 }, { key: 'o1', timestampMs: minutes(2) });
  expect(await results()).toMatchObject([{ value: { ordered: 5, paid: 5 } }]);
});
