import { afterEach, describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, topicPattern, type Topology } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { patternOf } from './topic-pattern.ts';

const numbers = { key: string(), value: json<number>() };
const sensors = topicPattern(/sensors-\d+/, numbers);
const sensor = (id: number) => topic(`sensors-${id}`, numbers);
const totals = topic('totals', { key: string(), value: json<number | null>() });
const origins = topic('origins', { key: string(), value: string() });

/** The sum by key, and where each record came from. */
function summing(): Topology {
  const builder = new StreamsBuilder();
  const stream = builder.stream(sensors);
  stream
    .process({
      name: 'origin',
      stores: {},
      output: { key: string(), value: string() },
      create: (context) => ({
        process: ({ key, timestampMs }, { topic: from }) =>
          context.forward({ key, value: from, timestampMs }),
      }),
    })
    .to(origins);
  stream
    .groupByKey({ name: 'sum' })
    .reduce({ reducer: (sum, value) => sum + value })
    .toStream()
    .to(totals);
  return builder.build();
}

let driver: TopologyTestDriver | undefined;
afterEach(() => driver?.[Symbol.asyncDispose]());

describe('a pattern of topics', () => {
  it('reads every topic that matches, those that come later too, through a crash', async () => {
    driver = new TopologyTestDriver(summing(), { numPartitions: 2, numInstances: 2 });
    await driver.input(sensor(1)).pipe(1, { key: 'a' });
    await driver.input(sensor(2)).pipe(10, { key: 'a' });
    await driver.crashAndRestart();
    await driver.input(sensor(33)).pipe(100, { key: 'a' });
    await driver.input(sensor(1)).pipe(1_000, { key: 'a' });
    expect(await driver.output(totals).readValues()).toEqual([1, 11, 111, 1_111]);
    expect(await driver.output(origins).readValues()).toEqual([
      'sensors-1',
      'sensors-2',
      'sensors-33',
      'sensors-1',
    ]);
  });

  it('matches whole names, as Java does', async () => {
    driver = new TopologyTestDriver(summing());
    for (const name of ['my-sensors-1', 'sensors-1-old', 'sensors-'])
      await expect(driver.input(topic(name, numbers)).pipe(1, { key: 'a' })).rejects.toThrow(
        `Cannot pipe into topic ${name}: the topology does not read it. It reads /sensors-\\d+/.`,
      );
  });

  it('is described by its text', () => {
    expect(summing().describe()).toContain('(topics: [/sensors-\\d+/])');
    expect(patternOf('/sensors-\\d+/')?.test('sensors-7')).toBe(true);
    expect(patternOf('sensors-7')).toBeNull();
  });

  it('may not match a topic that the topology reads or writes by its name', () => {
    const builder = new StreamsBuilder();
    builder.stream(sensors).to(topic('sensors-9', numbers));
    builder.stream(sensor(1)).to(topic('doubles', numbers));
    expect(() => builder.build()).toThrow(
      /pattern \/sensors-\\d\+\/ matches topic sensors-9, which is used by its name already; .*topic sensors-1/,
    );
  });

  it('may not remember where it matched last', () => {
    expect(() => topicPattern(/a/g, numbers)).toThrow('with the flags g and y');
  });
});
