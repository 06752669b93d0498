import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SinkRecord } from '@hiveframe/streams';
import { ManualClock } from '@hiveframe/streams-testing';
import { ConsoleSink, type ConsoleSinkOptions } from './console-sink.ts';

type Record = SinkRecord<unknown, unknown>;

const END_MS = new Date(2026, 0, 30, 10, 0, 30).getTime();
const START_MS = END_MS - 30_000;

let clock: ManualClock;
let printed: string[];
let nextOffset: number;
beforeEach(() => {
  clock = new ManualClock(1_000);
  printed = [];
  nextOffset = 0;
});

const sinkWith = (options: ConsoleSinkOptions = {}) =>
  new ConsoleSink({ clock, write: (text) => printed.push(text), ...options });

const record = (key: unknown, value: unknown, partition = 0, topic = 'iot-console-sink'): Record => ({
  topic,
  partition,
  key,
  value,
  offset: nextOffset++,
  timestampMs: END_MS,
});

const windowed = (key: string, window = { startMs: START_MS, endMs: END_MS }) => ({ key, window });

function sensorRow(sensor_id: string, values: readonly number[], partition = 0): Record {
  const [avg_temp, max_temp, min_temp, avg_humidity, alert_count, reading_count] = values;
  const window_start = START_MS;
  const window_end = END_MS;
  const aggregates = { avg_temp, max_temp, min_temp, avg_humidity, alert_count, reading_count };
  return record(windowed(sensor_id), { sensor_id, window_start, window_end, ...aggregates }, partition);
}

const countRow = (sensor_id: string, n: number, endMs = END_MS, partition = 0) =>
  record(windowed(sensor_id, { startMs: endMs - 30_000, endMs }), { sensor_id, n }, partition);

/** Moves the clock and lets whoever was woken run. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise(setImmediate);
}
/** Per table, its sensors. */
const tables = () => printed.map((text) => text.match(/sensor-\d/g));

describe('ConsoleSink', () => {
  test('prints the window results of the tutorial, letter by letter', async () => {
    const sink = sinkWith({ format: 'table', showTimestamp: true });
    await sink.write([
      sensorRow('sensor-2', [25.123, 30.85, 18.95, 61.2345, 12, 103]),
      sensorRow('sensor-1', [24.533333, 31.2, 19.1, 58.42, 8, 98]),
      sensorRow('sensor-3', [23.89, 29.5, 19.45, 55.67, 5, 99]),
    ]);
    await sink.close();

    expect(printed.join('')).toBe(`[2026-01-30 10:00:30] Window Results:
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor_id | avg_temp | max_temp | min_temp | avg_humidity | alert_count | reading_count |
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor-1  |    24.53 |    31.20 |    19.10 |        58.42 |           8 |            98 |
| sensor-2  |    25.12 |    30.85 |    18.95 |        61.23 |          12 |           103 |
| sensor-3  |    23.89 |    29.50 |    19.45 |        55.67 |           5 |            99 |
+-----------+----------+----------+----------+--------------+-------------+---------------+
`);
  });

  test('makes one table of the rows of one window, from several writes and partitions', async () => {
    const sink = sinkWith();
    await sink.write([countRow('sensor-2', 1, END_MS, 1)]);
    await pass(200);
    await sink.write([countRow('sensor-1', 2, END_MS, 0)]);
    await pass(249);
    expect(printed).toEqual([]);
    await pass(1);
    expect(tables()).toEqual([['sensor-1', 'sensor-2']]);
  });

  test('prints at the latest a second after the first row, however many follow', async () => {
    const sink = sinkWith();
    for (let ms = 0; ms < 1_000; ms += 100) {
      await sink.write([countRow('sensor-1', ms)]);
      await pass(100);
    }
    expect(printed.join('')).toContain('| sensor-1  | 900 |');
    expect(printed).toHaveLength(1);
  });

  test('prints the windows of a topic in their order', async () => {
    const sink = sinkWith();
    await sink.write([countRow('sensor-2', 1, END_MS + 30_000)]);
    await pass(100);
    await sink.write([countRow('sensor-1', 1, END_MS)]);
    await pass(250);
    expect(tables()).toEqual([['sensor-1'], ['sensor-2']]);
  });

  test('shows of an updated row what it is now', async () => {
    const sink = sinkWith();
    await sink.write([countRow('sensor-1', 1), countRow('sensor-1', 2)]);
    await sink.close();
    expect(printed.join('').match(/\| sensor-1 .*/g)).toEqual(['| sensor-1  | 2 |']);
  });

  test('knows a window result by its columns too, when the key is the plain group', async () => {
    const sink = sinkWith({ showTimestamp: true });
    await sink.write([record('s', { sensor_id: 's', window_start: START_MS, window_end: END_MS, n: 1 })]);
    await sink.close();
    expect(printed.join('').split('\n').slice(0, 3)).toEqual([
      '[2026-01-30 10:00:30] Window Results:',
      '+-----------+---+',
      '| sensor_id | n |',
    ]);
  });

  test('puts the key in front of results that do not say it', async () => {
    const sink = sinkWith();
    await sink.write([record(windowed('sensor-1'), 7), record(windowed('sensor-2'), 8)]);
    await sink.close();
    expect(printed.join('').split('\n')).toEqual([
      'Window Results:',
      '+----------+-------+',
      '| key      | value |',
      '+----------+-------+',
      '| sensor-1 |     7 |',
      '| sensor-2 |     8 |',
      '+----------+-------+',
      '',
    ]);
  });

  test('prints what belongs to no window as results, every record of it, with all its columns', async () => {
    const sink = sinkWith();
    await sink.write([
      record(null, { id: 'a', window_start: null }),
      record(null, { id: 'a', window_start: null }),
    ]);
    await pass(250);
    expect(printed.join('').split('\n')).toEqual([
      'Results:',
      '+----+--------------+',
      '| id | window_start |',
      '+----+--------------+',
      '| a  |              |',
      '| a  |              |',
      '+----+--------------+',
      '',
    ]);
  });

  test('shows only the key of what was deleted', async () => {
    const sink = sinkWith();
    await sink.write([record('gone', null)]);
    await sink.close();
    expect(printed.join('').split('\n')[4]).toBe('| gone |');
  });

  test('keeps the tables of different topics apart', async () => {
    const sink = sinkWith();
    await sink.write([
      record(windowed('sensor-1'), { a: 1 }),
      record(windowed('sensor-2'), { b: 1 }, 0, 'other'),
    ]);
    await sink.close();
    expect(tables()).toEqual([['sensor-1'], ['sensor-2']]);
  });

  test('loses no row at close, and prints none twice', async () => {
    const sink = sinkWith();
    await sink.write([countRow('sensor-1', 1)]);
    await sink.close();
    await pass(5_000);
    expect(printed).toHaveLength(1);
  });

  test('prints what comes after a close, as for the next run', async () => {
    const sink = sinkWith();
    await sink.close();
    await sink.write([countRow('sensor-1', 1)]);
    await pass(250);
    expect(printed).toHaveLength(1);
  });

  test('reports a failing output with the next write, and keeps the table', async () => {
    let broken = true;
    const write = (text: string) => {
      if (broken) throw new Error('no terminal');
      printed.push(text);
    };
    const sink = sinkWith({ write });
    await sink.write([countRow('sensor-1', 1)]);
    await pass(250);
    await expect(sink.write([countRow('sensor-2', 1)])).rejects.toThrow('no terminal');
    broken = false;
    await sink.write([countRow('sensor-2', 1)]);
    await sink.close();
    expect(tables()).toEqual([['sensor-1', 'sensor-2']]);
  });

  test('writes a line of JSON per record, at once, with key and window where the row does not say them', async () => {
    const sink = sinkWith({ format: 'json' });
    await sink.write([
      record(windowed('sensor-1'), 7),
      sensorRow('sensor-2', [1, 2, 3, 4, 5, 6]),
      record(null, { n: 1n }),
    ]);
    expect(
      printed
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { key: 'sensor-1', window_start: START_MS, window_end: END_MS, value: 7 },
      {
        sensor_id: 'sensor-2',
        window_start: START_MS,
        window_end: END_MS,
        avg_temp: 1,
        max_temp: 2,
        min_temp: 3,
        avg_humidity: 4,
        alert_count: 5,
        reading_count: 6,
      },
      { n: '1' },
    ]);
  });
});
