/** What the DSL declares, run by the real engine on the embedded log. */
import { describe, expect, it } from '@jest/globals';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import {
  avg,
  col,
  count,
  hopping,
  json,
  max,
  string,
  StreamsBuilder,
  sum,
  taggedJson,
  topic,
  tumbling,
  when,
  windowed,
  type ExactlyOnceSink,
  type SinkPartition,
  type SinkPosition,
  type SinkRecord,
  type Windowed,
} from '@hiveframe/streams';

interface Reading {
  readonly site: string;
  readonly line: number;
  readonly t: number | null;
  readonly at: number;
}
const readings = topic('readings', {
  key: string(),
  value: json<Reading>(),
  timestamp: 'at',
  watermark: { delayMs: 1_000 },
});
const reading = (at: number, t: number | null = 1, site = 'a', line = 1): Reading => ({ site, line, t, at });

async function run<T>(
  declare: (builder: StreamsBuilder) => void,
  drive: (driver: TopologyTestDriver) => Promise<T>,
  numPartitions = 1,
): Promise<T> {
  const builder = new StreamsBuilder();
  declare(builder);
  await using driver = new TopologyTestDriver(builder.build(), { numPartitions });
  return await drive(driver);
}

describe('a topology', () => {
  interface Row {
    site: string;
    window_start: number;
    window_end: number;
    avg_t: number | null;
    max_t: number;
    hot: number;
    n: number;
  }
  const rows = topic('rows', { key: string(), value: json<Row>() });

  it('aggregates columns in windows behind a repartition, and hands on late records', async () => {
    const late = topic('late', { key: string(), value: json<Reading>() });
    const declare = (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .groupBy('site', { name: 'by-site' })
        .windowedBy(tumbling({ sizeMs: 10_000 }), {
          graceMs: 0,
          emit: 'final',
          late: (stream) => stream.to(late),
        })
        .agg(
          avg('t').alias('avg_t'),
          max(col('t').orElse(0)).alias('max_t'),
          sum(when(col('t').gt(1), 1).otherwise(0)).alias('hot'),
          count('*').alias('n'),
        )
        .toStream()
        .map((row, { key }) => ({ key, value: row }))
        .to(rows);
    await run(declare, async (driver) => {
      const input = driver.input(readings);
      for (const value of [reading(1_000, 1), reading(2_000, null), reading(3_000, 5), reading(11_500)]) {
        await input.pipe(value, { key: 'x' });
      }
      await driver.crashAndRestart();
      await input.pipe(reading(9_999), { key: 'x' });
      await input.pipe(reading(22_000), { key: 'x' });
      await input.pipe(reading(500), { key: 'x' });
      const window = { site: 'a', window_start: 0, window_end: 10_000 };
      expect(await driver.output(rows).readValues()).toEqual([
        { ...window, avg_t: (1 + 5) / 2, max_t: 5, hot: 1, n: 3 },
        { site: 'a', window_start: 10_000, window_end: 20_000, avg_t: 1, max_t: 1, hot: 0, n: 1 },
      ]);
      expect(await driver.output(late).readValues()).toEqual([reading(9_999), reading(500)]);
    });
  });

  it('updates hopping windows by several columns, written with their window as key', async () => {
    type Group = { site: string; line: number };
    const lines = topic('lines', { key: windowed(taggedJson<Group>()), value: json<number>() });
    const declare = (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .groupBy(['site', 'line'], { name: 'by-line' })
        .windowedBy(hopping({ sizeMs: 10_000, advanceMs: 5_000 }), { graceMs: 0 })
        .count()
        .to(lines);
    await run(
      declare,
      async (driver) => {
        const input = driver.input(readings);
        for (const at of [1_000, 6_000, 7_000]) await input.pipe(reading(at), { key: String(at) });
        await input.pipe(reading(7_000, 1, 'b', 2), { key: 'x' });
        const latest = new Map<string, number>();
        for (const { key, value } of await driver.output(lines).readAll()) {
          latest.set(`${key.key.site}${key.key.line}@${key.window.startMs}-${key.window.endMs}`, value);
        }
        expect(Object.fromEntries(latest)).toEqual({
          'a1@0-10000': 3,
          'a1@5000-15000': 2,
          'b2@0-10000': 1,
          'b2@5000-15000': 1,
        });
      },
      3,
    );
  });

  it('keeps the order of a partition over async calls, and dead-letters what failed in one', async () => {
    const out = topic('out', { key: string(), value: json<number>() });
    const declare = (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .mapValuesAsync(
          async ({ at }) => {
            for (let turn = 0; turn < 10 - at; turn++) await Promise.resolve();
            if (at === 3) throw new Error('no answer');
            return at;
          },
          { name: 'look-up', concurrency: 4, timeoutMs: 1_000 },
        )
        .to(out);
    await run(declare, async (driver) => {
      for (let at = 0; at < 8; at++) await driver.input(readings).pipe(reading(at), { key: 'k' });
      expect(await driver.output(out).readValues()).toEqual([0, 1, 2, 4, 5, 6, 7]);
      const [dead] = await driver.deadLetters.readAll();
      expect(JSON.parse(Buffer.from(dead!.value!).toString())).toEqual(reading(3));
    });
  });

  it('splits, flattens, merges and repartitions', async () => {
    const out = topic('out', { key: string(), value: string() });
    const declare = (builder: StreamsBuilder) => {
      const { hot, rest } = builder
        .stream(readings)
        .filter(col('t').isNull().not())
        .split({ hot: ({ t }) => (t ?? 0) > 28 });
      const pairs = hot.flatMap(({ site }) => ['1', '2'].map((n) => ({ key: site, value: `hot ${n}` })));
      rest
        .selectKey(({ site }) => site)
        .mapValues(({ t }) => `cold ${t}`)
        .merge(pairs)
        .repartition({ name: 'by-site' })
        .to(out);
    };
    await run(declare, async (driver) => {
      for (const t of [30, 5, null]) await driver.input(readings).pipe(reading(1, t, 's'), { key: 'k' });
      const read = (await driver.output(out).readAll()).map(({ key, value }) => `${key}: ${value}`);
      expect(read).toEqual(['s: hot 1', 's: hot 2', 's: cold 5']);
    });
  });

  it('dead-letters a record without a key before it is grouped', async () => {
    const counts = topic('counts', { key: string(), value: json<number>() });
    const declare = (builder: StreamsBuilder) =>
      builder.stream(readings).groupByKey({ name: 'g' }).count().to(counts);
    await run(declare, async (driver) => {
      await driver.input(readings).pipe(reading(1));
      await driver.input(readings).pipe(reading(1), { key: 'k' });
      expect(await driver.output(counts).readValues()).toEqual([1]);
      expect(await driver.deadLetters.readAll()).toHaveLength(1);
    });
  });
});

/** Keeps its position with its rows, as a database would. */
class PositionedSink<K, V> implements ExactlyOnceSink<K, V> {
  readonly name = 'database';
  readonly guarantee = 'exactly_once';
  readonly rows: SinkRecord<K, V>[] = [];
  readonly positions = new Map<string, SinkPosition>();
  /** Writes, but the answer is lost. */
  loseAnswers = 0;

  async open(topicName: string, partition: number): Promise<SinkPartition<K, V>> {
    const at = `${topicName}-${partition}`;
    return {
      position: this.positions.get(at) ?? null,
      write: async (batch, position) => {
        this.rows.push(...batch);
        this.positions.set(at, position);
        if (this.loseAnswers-- > 0) throw new Error('connection lost');
      },
    };
  }
  async close(): Promise<void> {}
}

describe('a sink that is no topic', () => {
  it('gets results with their windowed keys and times', async () => {
    const sink = new PositionedSink<Windowed<string>, number>();
    const declare = (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .groupByKey({ name: 'g' })
        .windowedBy(tumbling({ sizeMs: 10_000 }), { graceMs: 0, emit: 'final' })
        .count()
        .toSink(sink);
    await run(declare, async (driver) => {
      for (const at of [1_000, 2_000, 30_000]) await driver.input(readings).pipe(reading(at), { key: 'k' });
      expect(sink.rows).toMatchObject([
        { key: { key: 'k', window: { startMs: 0, endMs: 10_000 } }, value: 2, partition: 0, offset: 0 },
      ]);
    });
  });

  it('is told of deletions in a table', async () => {
    const sink = new PositionedSink<string, number | null>();
    const declare = (builder: StreamsBuilder) =>
      builder
        .stream(readings)
        .groupByKey({ name: 'g' })
        .count()
        .filter((n) => n < 2)
        .toSink(sink);
    await run(declare, async (driver) => {
      for (const at of [1, 2]) await driver.input(readings).pipe(reading(at), { key: 'k' });
      expect(sink.rows.map(({ value }) => value)).toEqual([1, null]);
    });
  });

  it('is not given again what it wrote before a crash', async () => {
    const sink = new PositionedSink<string, Reading>();
    await run(
      (builder) => builder.stream(readings).toSink(sink),
      async (driver) => {
        for (const at of [1, 2]) await driver.input(readings).pipe(reading(at), { key: 'k' });
        await driver.crashAndRestart();
        await driver.input(readings).pipe(reading(3), { key: 'k' });
        expect(sink.rows.map(({ value }) => value.at)).toEqual([1, 2, 3]);
      },
    );
  });
});
