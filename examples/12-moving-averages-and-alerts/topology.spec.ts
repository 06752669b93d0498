import { seconds } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { alerts, averages, readings, topology } from './topology.ts';

const BASE_MS = Date.parse('2026-01-30T10:00:00Z');
let driver: TopologyTestDriver;
beforeEach(() => {
  driver = new TopologyTestDriver(topology, { numPartitions: 2, startMs: BASE_MS });
});
afterEach(() => driver[Symbol.asyncDispose]());

const read = (second: number, temperature: number, sensor_id = 's1') =>
  driver
    .input(readings)
    .pipe(
      { sensor_id, temperature, timestamp: new Date(BASE_MS + seconds(second)).toISOString() },
      { key: sensor_id },
    );

test('the average moves on every ten seconds, over the last minute', async () => {
  for (let second = 0; second <= 75; second += 5) await read(second, second < 60 ? 20 : 26);
  const rows = (await driver.output(averages).readValues()).map((row) => [
    (row.window_end - BASE_MS) / 1_000,
    row.avg_temp,
    row.readings,
  ]);
  // The watermark is at 70 s: windows that end at 10, 20 … 70 s are closed.
  expect(rows.slice(-2)).toEqual([
    [60, 20, 12],
    [70, 21, 12],
  ]);
  expect(rows).toHaveLength(7);
});

test('a hot reading is told at once, long before its window closes', async () => {
  await read(1, 35);
  expect(await driver.output(alerts).readValues()).toMatchObject([{ sensor_id: 's1', temperature: 35 }]);
  expect(await driver.output(averages).isEmpty()).toBe(true);
});

test('a broken sensor spoils no average', async () => {
  await read(1, 20);
  await read(2, 2_000);
  await read(70, 20);
  const [first] = await driver.output(averages).readValues();
  expect(first).toMatchObject({ avg_temp: 20, readings: 1 });
  const letter = await driver.deadLetters.read();
  expect(letter?.reason.kind).toBe('deserialization');
  expect(letter?.reason.message).toContain('temperature');
});

test('all of it at once, through a crash: nothing is given twice, nothing is missing', async () => {
  await read(1, 20);
  await read(2, 31);
  await driver.crashAndRestart();
  await read(3, 22);
  await driver.crashAndRestart();
  await read(80, 20);
  const whole = (await driver.output(averages).readValues()).find(
    ({ window_start }) => window_start === BASE_MS,
  );
  expect(whole).toMatchObject({ avg_temp: (20 + 31 + 22) / 3, readings: 3 });
  expect(await driver.output(alerts).size()).toBe(1);
});
