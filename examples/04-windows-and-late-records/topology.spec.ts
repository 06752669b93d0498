import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hits, late, perWindow, topology } from './topology.ts';

const BASE_MS = Date.parse('2026-01-30T10:00:00Z');
let driver: TopologyTestDriver;
beforeEach(() => {
  driver = new TopologyTestDriver(topology);
});
afterEach(() => driver[Symbol.asyncDispose]());

const hit = (second: number) =>
  driver
    .input(hits)
    .pipe({ page: '/', at: new Date(BASE_MS + second * 1_000).toISOString() }, { key: 'user' });
const counted = async () =>
  (await driver.output(perWindow).readValues()).map((row) => [
    (row.window_start - BASE_MS) / 1_000,
    row.hits,
  ]);

test('a window is given once, when the watermark is past its end and the grace', async () => {
  for (const second of [1, 9, 10, 14.9]) await hit(second); // the watermark is at 12.9 s
  expect(await counted()).toEqual([]);
  await hit(15); // 13 s = end + grace
  expect(await counted()).toEqual([[0, 2]]);
});

test('a record out of order counts while its window is open', async () => {
  for (const second of [1, 14, 5, 15]) await hit(second);
  expect(await counted()).toEqual([[0, 2]]);
});

test('a record that is later than that is not counted, but not lost either', async () => {
  for (const second of [1, 15, 5]) await hit(second);
  expect(await counted()).toEqual([[0, 1]]);
  expect(await driver.output(late).readValues()).toMatchObject([{ at: '2026-01-30T10:00:05.000Z' }]);
});

test('a crash neither opens a closed window again nor gives it twice', async () => {
  for (const second of [1, 15]) await hit(second);
  await driver.crashAndRestart();
  await hit(5);
  await hit(26);
  expect(await counted()).toEqual([
    [0, 1],
    [10, 1],
  ]);
});
