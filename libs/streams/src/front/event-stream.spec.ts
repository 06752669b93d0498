import { describe, expect, test } from '@jest/globals';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { avg, count } from '../column/aggregate.ts';
import { col } from '../column/column.ts';
import { json } from '../serde/json.serde.ts';
import type { StreamSink } from '../sink/sink.ts';
import { hopping, tumbling } from '../time/window.ts';
import type { KStream } from '../topology/kstream.ts';
import { StreamsBuilder } from '../topology/streams-builder.ts';
import { topic } from '../topology/topic.ts';
import { eventStream, type EventStream } from './event-stream.ts';

interface Reading {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly time: number;
}
const readings = topic('readings', { value: json<Reading>(), timestamp: 'time' });
/** Of whatever type it is written or read with. */
const out = <T>() => topic('out', { value: json<T>() });
const sink: StreamSink<unknown, unknown> = {
  name: 'console',
  guarantee: 'at_least_once',
  write: async () => {},
  close: async () => {},
};

const inTheFront = (declare: (events: EventStream<Reading>) => void) =>
  described((stream) => declare(eventStream(stream)));

function described(declare: (stream: KStream<null, Reading>) => void): string {
  const builder = new StreamsBuilder();
  declare(builder.stream(readings));
  return builder.build().describe();
}

const tenSeconds = tumbling({ sizeMs: 10_000 });
const averages = [avg('temperature').alias('avg_temp'), count('*').alias('n')] as const;

describe('EventStream', () => {
  test("builds the graph that the builder's words build", () => {
    const front = inTheFront((events) =>
      events
        .map(async (event) => ({ ...event, alert: event.temperature > 28 }))
        .filter(col('temperature').gt(0))
        .map((event) => event)
        .window(tenSeconds)
        .groupBy('sensor_id')
        .agg(...averages)
        .toSink(sink),
    );
    const builder = described((stream) =>
      stream
        .mapValuesAsync(async (event) => ({ ...event, alert: event.temperature > 28 }), {
          name: 'map-1',
          concurrency: 16,
          timeoutMs: 30_000,
        })
        .filter(col('temperature').gt(0))
        .mapValues((event) => event)
        .groupBy('sensor_id', { name: 'sensor_id-tumbling-10s' })
        .windowedBy(tenSeconds, { graceMs: 0, emit: 'final' })
        .agg(...averages)
        .toSink(sink),
    );
    expect(front).toBe(builder);
  });

  test('builds one graph from window and groupBy, in either order', () => {
    const windowFirst = inTheFront((events) =>
      events
        .window(tenSeconds)
        .groupBy('sensor_id')
        .agg(...averages),
    );
    const groupFirst = inTheFront((events) =>
      events
        .groupBy('sensor_id')
        .windowedBy(tenSeconds, { graceMs: 0, emit: 'final', name: 'sensor_id-tumbling-10s' })
        .agg(...averages),
    );
    const upToNames = (text: string) => text.replaceAll('sensor_id-tumbling-10s', 'sensor_id');
    expect(upToNames(windowFirst)).toBe(upToNames(groupFirst));
  });

  test('keeps the names of state when an operator is added in front', () => {
    const stores = (text: string) => text.match(/stores: \[.+\]/g);
    const plain = inTheFront((events) => events.window(tenSeconds).groupBy('sensor_id').count());
    const filtered = inTheFront((events) =>
      events
        .filter((event) => event.temperature > 0)
        .map((event) => event)
        .window(tenSeconds)
        .groupBy('sensor_id')
        .count(),
    );
    expect(stores(filtered)).toEqual(stores(plain));
  });

  test('gives two groupings of the same columns and window two states', () => {
    const twice = inTheFront((events) => {
      events.window(tenSeconds).groupBy('sensor_id').count();
      events
        .filter(() => true)
        .window(tenSeconds)
        .groupBy('sensor_id')
        .count();
    });
    expect(twice).toContain('stores: [sensor_id-tumbling-10s]');
    expect(twice).toContain('stores: [sensor_id-tumbling-10s-2]');
  });

  test('writes to topics as the stream below', () => {
    expect(inTheFront((events) => events.to(out()))).toBe(described((stream) => stream.to(out())));
    expect(inTheFront((events) => events.toKStream().to(out()))).toBe(
      described((stream) => stream.to(out())),
    );
  });
});

async function driverOf(declare: (events: EventStream<Reading>) => void) {
  const builder = new StreamsBuilder();
  declare(eventStream(builder.stream(readings)));
  return new TopologyTestDriver(builder.build());
}
const reading = (time: number, temperature = 20): Reading => ({ sensor_id: 's', temperature, time });

describe('EventStream, run', () => {
  test('gives final results by default, and no wait beyond the watermark', async () => {
    await using driver = await driverOf((events) =>
      events
        .window(tenSeconds)
        .groupBy('sensor_id')
        .agg(...averages)
        .toStream()
        .map((value) => ({ key: null, value }))
        .to(out()),
    );
    const input = driver.input(readings);
    for (const time of [1_000, 5_000]) await input.pipe(reading(time, time / 1_000));
    expect(await driver.output(out()).readValues()).toEqual([]);
    await input.pipe(reading(10_000));
    expect(await driver.output(out()).readValues()).toEqual([
      { sensor_id: 's', window_start: 0, window_end: 10_000, avg_temp: 3, n: 2 },
    ]);
  });

  test('hands late events over as asked', async () => {
    await using driver = await driverOf((events) =>
      events
        .window(tenSeconds, { late: (late) => late.to(out()) })
        .groupBy('sensor_id')
        .count(),
    );
    const input = driver.input(readings);
    for (const time of [1_000, 20_000, 2_000]) await input.pipe(reading(time));
    expect(await driver.output(out()).readValues()).toEqual([reading(2_000)]);
  });

  test('gives updates when asked, and hops', async () => {
    await using driver = await driverOf((events) =>
      events
        .window(hopping({ sizeMs: 10_000, advanceMs: 5_000 }), { emit: 'updates' })
        .groupBy('sensor_id')
        .count()
        .toStream()
        .map((n, { window }) => ({ key: null, value: [window.startMs, n] }))
        .to(out()),
    );
    await driver.input(readings).pipe(reading(7_000));
    expect(await driver.output(out()).readValues()).toEqual([
      [0, 1],
      [5_000, 1],
    ]);
  });

  test('keeps the order of events behind an async map', async () => {
    const lists = topic('lists', { value: json<readonly number[]>() });
    const builder = new StreamsBuilder();
    eventStream(builder.stream(lists).flatMapValues((list) => list))
      .map(async (numTurns) => {
        for (let turn = 0; turn < numTurns; turn++) await Promise.resolve();
        return numTurns;
      })
      .to(out());
    await using driver = new TopologyTestDriver(builder.build());
    await driver.input(lists).pipe([50, 10, 1]);
    expect(await driver.output(out()).readValues()).toEqual([50, 10, 1]);
  });

  test('says what to write when a function returns a promise and is not declared async', async () => {
    await using driver = await driverOf((events) => events.map((event) => Promise.resolve(event)).to(out()));
    await driver.input(readings).pipe(reading(1));
    const [letter] = await driver.deadLetters.readAll();
    const headers = Object.fromEntries(letter!.headers.map(([name, value]) => [name, String(value)]));
    expect(Object.values(headers).join()).toContain('write map(async (event) => ...)');
  });

  test('awaits any function for which options are given', async () => {
    await using driver = await driverOf((events) =>
      events.map((event) => Promise.resolve(event.temperature), { concurrency: 1 }).to(out()),
    );
    await driver.input(readings).pipe(reading(1, 7));
    expect(await driver.output(out()).readValues()).toEqual([7]);
  });
});
