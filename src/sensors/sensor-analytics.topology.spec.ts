import { DEAD_LETTER_HEADERS, StreamsBuilder, type Headers, type StreamSink } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseSettings, type Settings } from '../config/settings.ts';
import type { SensorAggregate } from './sensor-aggregate.ts';
import { SensorAnalyticsTopology } from './sensor-analytics.topology.ts';
import { sensorTopics, type SensorTopics } from './sensor-topics.ts';

/** A whole window boundary, so that seconds in tests are seconds of a window. */
const BASE_MS = 1_700_000_010_000;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('SensorAnalyticsTopology', () => {
  let settings: Settings;
  let topics: SensorTopics;
  let driver: TopologyTestDriver;

  beforeEach(() => open({}));
  afterEach(() => driver[Symbol.asyncDispose]());

  function open(env: Record<string, string>, table: StreamSink<string, SensorAggregate> | null = null): void {
    settings = parseSettings(env);
    topics = sensorTopics(settings);
    const builder = new StreamsBuilder();
    new SensorAnalyticsTopology(settings, table).build(builder);
    driver = new TopologyTestDriver(builder.build(), {
      deadLetterTopic: settings.deadLetterTopic,
      startMs: BASE_MS,
    });
  }
  async function reopen(
    env: Record<string, string>,
    table?: StreamSink<string, SensorAggregate>,
  ): Promise<void> {
    await driver[Symbol.asyncDispose]();
    open(env, table);
  }
  const read = (sensor_id: string, second: number, temperature: number, humidity = 50) =>
    driver
      .input(topics.readings)
      .pipe({ sensor_id, temperature, humidity, timestamp: BASE_MS + second * 1_000 }, { key: sensor_id });
  const readRaw = (value: string | null, key: string | null = 'sensor-1') =>
    driver
      .input(topics.readings)
      .pipeBytes(value === null ? null : utf8(value), { key: key === null ? null : utf8(key) });
  const aggregates = () => driver.output(topics.aggregates).readAll();
  const alerts = () => driver.output(topics.alerts!).readValues();

  it('emits one result per sensor when the watermark passes the end of the window', async () => {
    await read('sensor-1', 1, 20, 40);
    await read('sensor-2', 2, 31, 60);
    await read('sensor-1', 29.999, 29, 50);
    await read('sensor-1', 39.999, 18);
    expect(await aggregates()).toEqual([]);
    await read('sensor-1', 40, 18);
    const window = { window_start: BASE_MS, window_end: BASE_MS + 30_000 };
    const results = await aggregates();
    expect(results.map(({ key, value }) => [key, value])).toEqual(
      expect.arrayContaining([
        [
          'sensor-1',
          {
            sensor_id: 'sensor-1',
            ...window,
            avg_temp: 24.5,
            max_temp: 29,
            min_temp: 20,
            avg_humidity: 45,
            alert_count: 1,
            reading_count: 2,
          },
        ],
        [
          'sensor-2',
          {
            sensor_id: 'sensor-2',
            ...window,
            avg_temp: 31,
            max_temp: 31,
            min_temp: 31,
            avg_humidity: 60,
            alert_count: 1,
            reading_count: 1,
          },
        ],
      ]),
    );
    expect(results).toHaveLength(2);
  });

  it('keeps the order of the output fields', async () => {
    await read('sensor-1', 1, 20);
    await read('sensor-1', 60, 20);
    const [result] = await aggregates();
    expect(Object.keys(result?.value ?? {})).toEqual([
      'sensor_id',
      'window_start',
      'window_end',
      'avg_temp',
      'max_temp',
      'min_temp',
      'avg_humidity',
      'alert_count',
      'reading_count',
    ]);
  });

  it('counts a reading that is out of order, and drops one that is late', async () => {
    await read('sensor-1', 35, 20);
    await read('sensor-1', 5, 22); // 30 s behind, but its window is open: the watermark is at 25 s
    await read('sensor-1', 45, 20); // closes it
    await read('sensor-1', 6, 99);
    await read('sensor-1', 80, 20);
    const results = await aggregates();
    expect(
      results.map(({ value }) => [value.window_start - BASE_MS, value.reading_count, value.max_temp]),
    ).toEqual([
      [0, 1, 22],
      [30_000, 2, 20],
    ]);
  });

  it('emits every change when EMIT is updates', async () => {
    await reopen({ EMIT: 'updates' });
    await read('sensor-1', 1, 20);
    await read('sensor-1', 2, 22);
    expect((await aggregates()).map(({ value }) => [value.reading_count, value.avg_temp])).toEqual([
      [1, 20],
      [2, 21],
    ]);
  });

  it('shows on the table what it writes to the topic', async () => {
    const shown: SensorAggregate[] = [];
    await reopen(
      {},
      {
        name: 'table',
        guarantee: 'at_least_once',
        write: async (batch) => void shown.push(...batch.map(({ value }) => value)),
        close: () => Promise.resolve(),
      },
    );
    await read('sensor-1', 1, 20);
    await read('sensor-1', 60, 20);
    await driver.advanceWallClock(1_000);
    expect(shown).toHaveLength(1);
    expect(shown).toEqual((await aggregates()).map(({ value }) => value));
  });

  it('cuts windows as WINDOW_MS says', async () => {
    await reopen({ WINDOW_MS: '1000', WATERMARK_DELAY_MS: '0' });
    await read('sensor-1', 0.5, 20);
    await read('sensor-1', 1, 20);
    expect((await aggregates()).map(({ value }) => value.window_end - value.window_start)).toEqual([1_000]);
  });

  it('alerts at once above 28 °C, whatever the window', async () => {
    await read('sensor-1', 1, 28);
    await read('sensor-1', 2, 28.01);
    expect(await alerts()).toEqual([
      { sensor_id: 'sensor-1', temperature: 28.01, humidity: 50, timestamp: BASE_MS + 2_000, alert: true },
    ]);
  });

  it('knows no alerts when ALERT_TOPIC is blank', async () => {
    await reopen({ ALERT_TOPIC: '' });
    await read('sensor-1', 1, 30);
    await read('sensor-1', 60, 30);
    expect((await aggregates())[0]?.value.alert_count).toBe(1);
  });

  const reading = (fields: Record<string, unknown>) =>
    JSON.stringify({ sensor_id: 'sensor-1', temperature: 20, humidity: 50, timestamp: BASE_MS, ...fields });

  it.each([
    ['broken JSON', '{"sensor_id":', /JSON/],
    ['an empty value', '', /JSON/],
    ['a null value', null, /null/],
    ['a JSON null', 'null', /must be a JSON object, but is null/],
    ['two values', '{} {}', /JSON/],
    ['a missing field', reading({ humidity: undefined }), /humidity must be a finite number, but is missing/],
    ['a number as text', reading({ temperature: '20' }), /temperature must be a finite number, but is "20"/],
    ['a number beyond numbers', reading({}).replace('20,', '1e999,'), /temperature .* is Infinity/],
    ['a bad timestamp', reading({ timestamp: 'yesterday' }), /timestamp must be .* is "yesterday"/],
    ['a negative timestamp', reading({ timestamp: -1 }), /timestamp must be .* is -1/],
    ['an absurd timestamp', reading({ timestamp: 1e18 }), /timestamp must be .* is 1000000000000000000/],
    [
      'a sensor that is not the key',
      reading({ sensor_id: 'sensor-2' }),
      /key must be the sensor_id "sensor-2"/,
    ],
  ])('keeps %s as a dead letter, with reason and origin, and goes on', async (_, value, reason) => {
    await read('sensor-1', 1, 20);
    await readRaw(value);
    await read('sensor-1', 60, 20);
    const letters = await driver.deadLetters.readAll();
    expect(letters).toHaveLength(1);
    expect(letters[0]?.value ?? null).toEqual(value === null ? null : utf8OrBuffer(value));
    expect(header(letters[0]?.headers, DEAD_LETTER_HEADERS.message)).toMatch(reason);
    expect(header(letters[0]?.headers, DEAD_LETTER_HEADERS.topic)).toBe('sensor-readings');
    expect(header(letters[0]?.headers, DEAD_LETTER_HEADERS.offset)).toBe('1');
    expect((await aggregates()).map((result) => result.value.reading_count)).toEqual([1]);
  });

  it('keeps a reading without a key as a dead letter, and does not alert for it', async () => {
    await readRaw(reading({ temperature: 31 }), null);
    const [letter] = await driver.deadLetters.readAll();
    expect(header(letter?.headers, DEAD_LETTER_HEADERS.message)).toMatch(
      /key must be the sensor_id .* but is null/,
    );
    expect(await alerts()).toEqual([]);
  });

  it('reads ISO times and keys in any script', async () => {
    await driver.input(topics.readings).pipeBytes(
      utf8(
        JSON.stringify({
          sensor_id: '温度-1',
          temperature: 20,
          humidity: 50,
          timestamp: new Date(BASE_MS).toISOString(),
        }),
      ),
      { key: utf8('温度-1') },
    );
    await driver
      .input(topics.readings)
      .pipe(
        { sensor_id: '温度-1', temperature: 20, humidity: 50, timestamp: BASE_MS + 60_000 },
        { key: '温度-1' },
      );
    expect((await aggregates()).map(({ key, value }) => [key, value.sensor_id])).toEqual([
      ['温度-1', '温度-1'],
    ]);
  });
});

const utf8OrBuffer = (text: string): unknown => expect.objectContaining({ length: utf8(text).length });
function header(headers: Headers | undefined, name: string): string {
  const value = headers?.find(([candidate]) => candidate === name)?.[1];
  return value === undefined || value === null ? '' : new TextDecoder().decode(value);
}
