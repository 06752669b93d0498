import { describe, expect, it } from '@jest/globals';
import {
  count,
  double,
  json,
  max,
  string,
  StreamsBuilder,
  topic,
  unlimited,
  UNLIMITED_END_MS,
  windowed,
} from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';

const points = topic('points', { key: string(), value: json<{ at: number }>(), timestamp: 'at' });

describe('an unlimited window', () => {
  it('holds every record from its start on, however late, and goes on after a crash', async () => {
    const builder = new StreamsBuilder();
    const counts = topic('counts', { key: windowed(string()), value: double() });
    builder
      .stream(points)
      .groupByKey({ name: 'all' })
      .windowedBy(unlimited({ startMs: 100 }))
      .count()
      .toStream()
      .to(counts);
    await using driver = new TopologyTestDriver(builder.build());
    for (const at of [99, 100, 1_000_000, 101, 3]) {
      await driver.input(points).pipe({ at }, { key: 'a' });
      await driver.crashAndRestart();
    }
    const window = { startMs: 100, endMs: UNLIMITED_END_MS };
    expect((await driver.output(counts).readAll()).map(({ key, value }) => [key, value])).toEqual([
      [{ key: 'a', window }, 1],
      [{ key: 'a', window }, 2],
      [{ key: 'a', window }, 3],
    ]);
  });

  it('stands in the columns of a row; two can stand on one grouping', async () => {
    const builder = new StreamsBuilder();
    const rows = topic('rows', { key: string(), value: json<object>() });
    const grouped = builder.stream(points).groupByKey({ name: 'all' });
    for (const startMs of [0, 50]) {
      grouped
        .windowedBy(unlimited({ startMs }), { name: `since-${startMs}` })
        .agg(count('*').alias('n'), max('at').alias('last'))
        .toStream()
        .map((row, { key }) => ({ key, value: row as object }))
        .to(rows);
    }
    await using driver = new TopologyTestDriver(builder.build());
    await driver.input(points).pipe({ at: 7 }, { key: 'a' });
    expect(await driver.output(rows).readValues()).toEqual([
      { key: 'a', window_start: 0, window_end: UNLIMITED_END_MS, n: 1, last: 7 },
    ]);
  });

  it('begins at a whole millisecond', () => {
    expect(() => unlimited({ startMs: 0.5 })).toThrow('Cannot make an unlimited window: startMs is 0.5');
  });
});
