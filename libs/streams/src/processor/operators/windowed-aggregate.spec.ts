import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { embedded } from '@hiveframe/streams-embedded';
import {
  avg,
  count,
  hopping,
  inMemoryStores,
  json,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  sum,
  topic,
  tumbling,
  type HoppingWindow,
  type TumblingWindow,
} from '@hiveframe/streams';

interface Reading {
  at: number;
  value: number;
}
const DELAY_MS = 10;
const readings = topic('readings', {
  key: string(),
  value: json<Reading>(),
  timestamp: 'at',
  watermark: { delayMs: DELAY_MS },
});
interface Row {
  key: string;
  start: number;
  n: number;
  total: number;
}
const rows = topic('rows', { key: string(), value: json<Row>() });
const lateReadings = topic('late', { key: string(), value: json<Reading>() });

interface Shape {
  readonly window: TumblingWindow | HoppingWindow;
  readonly emit: 'final' | 'updates';
  readonly graceMs?: number;
  readonly retentionMs?: number;
}

function build({ window, emit, graceMs = 0 }: Shape) {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .groupByKey({ name: 'sums' })
    .windowedBy(window, { graceMs, emit, late: (late) => late.to(lateReadings) })
    .agg(count('*').alias('n'), sum('value').alias('total'))
    .toStream()
    .map((row, { key, window: span }) => ({
      key,
      value: { key, start: span.startMs, n: row.n, total: row.total },
    }))
    .to(rows);
  return builder.build();
}

const open: TopologyTestDriver[] = [];
function start(shape: Shape, options: TopologyTestDriverOptions = {}) {
  const driver = new TopologyTestDriver(build(shape), options);
  open.push(driver);
  const input = driver.input(readings);
  const output = driver.output(rows);
  const pipe = (key: string, at: number, value = 1) => input.pipe({ at, value }, { key });
  return {
    driver,
    pipe,
    values: () => output.readValues(),
    late: () => driver.output(lateReadings).readValues(),
  };
}
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

const row = (key: string, start: number, n: number, total = n): Row => ({ key, start, n, total });

describe('windowedAggregate, final', () => {
  const final: Shape = { window: tumbling({ sizeMs: 100 }), emit: 'final' };

  it('gives one result when the watermark reaches the end of the window', async () => {
    const { pipe, values } = start(final);
    await pipe('a', 5, 3);
    await pipe('b', 99, 4);
    await pipe('a', 109, 1); // watermark 99
    expect(await values()).toEqual([]);
    await pipe('a', 110, 1); // watermark 100
    expect(await values()).toEqual([row('a', 0, 1, 3), row('b', 0, 1, 4)]);
  });

  it('waits for the grace beyond the watermark', async () => {
    const { pipe, values } = start({ ...final, graceMs: 20 });
    await pipe('a', 5);
    await pipe('a', 129);
    await pipe('a', 50);
    expect(await values()).toEqual([]);
    await pipe('a', 130);
    expect(await values()).toEqual([row('a', 0, 2)]);
  });

  it('passes what is too late to the late output, and counts the rest', async () => {
    const { pipe, values, late } = start(final);
    await pipe('a', 5);
    await pipe('a', 250); // watermark 240: [100, 200) is closed too, though nothing was in it
    await pipe('a', 150);
    await pipe('a', 201);
    await pipe('a', 400);
    expect(await late()).toEqual([{ at: 150, value: 1 }]);
    expect(await values()).toEqual([row('a', 0, 1), row('a', 200, 2)]);
  });

  it('D4 D10 neither repeats nor forgets a window over a crash', async () => {
    const { driver, pipe, values } = start(final);
    await pipe('a', 5);
    await driver.crashAndRestart();
    await pipe('a', 6);
    await pipe('a', 115);
    await driver.crashAndRestart();
    await pipe('a', 7); // late still: the watermark was committed
    await pipe('a', 260);
    expect(await values()).toEqual([row('a', 0, 2), row('a', 100, 1)]);
  });

  it('D2 moves time with each record before lateness is judged, with one without a key too', async () => {
    const { driver, pipe, values, late } = start(final);
    await pipe('a', 5);
    await driver.input(readings).pipe({ at: 110, value: 1 });
    expect(await values()).toEqual([row('a', 0, 1)]);
    await pipe('a', 6);
    expect(await late()).toEqual([{ at: 6, value: 1 }]);
  });

  it('D5 holds [start, end): a record at the end of a window belongs to the next', async () => {
    const { pipe, values } = start(final);
    for (const at of [0, 99, 100, 199, 210]) await pipe('a', at);
    expect(await values()).toEqual([row('a', 0, 2), row('a', 100, 2)]);
  });

  it('D16 makes a dead letter of a record with a negative event time, in no window', async () => {
    const { driver, pipe, values } = start(final);
    await pipe('a', -1);
    await pipe('a', 0);
    await pipe('a', 110);
    expect(await values()).toEqual([row('a', 0, 1)]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('gives the windows that the first record after a crash closes', async () => {
    const log = embedded();
    const { driver, pipe, values } = start(final, { log });
    await pipe('a', 5);
    const records = new RecordBatchWriter();
    records.append(Buffer.from('a'), Buffer.from(JSON.stringify({ at: 300, value: 1 })), 300);
    await log.writer().send([{ topic: 'readings', partition: 0, records: records.take() }]);
    await driver.crashAndRestart(); // the record waits for the task: nothing else is done before it
    expect(await values()).toEqual([row('a', 0, 1)]);
  });

  it('keeps closed windows as long as asked, without giving them again after a restart', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .groupByKey({ name: 'sums' })
      .windowedBy(tumbling({ sizeMs: 100 }), { graceMs: 0, emit: 'final' })
      .count({ store: { retentionMs: 10_000 } })
      .toStream()
      .map((n, { key, window }) => ({ key, value: row(key, window.startMs, n) }))
      .to(rows);
    const driver = new TopologyTestDriver(builder.build());
    open.push(driver);
    const input = driver.input(readings);
    await input.pipe({ at: 5, value: 1 }, { key: 'a' });
    await input.pipe({ at: 115, value: 1 }, { key: 'a' });
    await driver.crashAndRestart();
    await input.pipe({ at: 300, value: 1 }, { key: 'a' });
    expect(await driver.output(rows).readValues()).toEqual([row('a', 0, 1), row('a', 100, 1)]);
  });
});

describe('windowedAggregate, updates', () => {
  const updates: Shape = { window: tumbling({ sizeMs: 100 }), emit: 'updates' };

  it('gives the changed windows at each commit', async () => {
    const { pipe, values } = start(updates);
    await pipe('a', 5);
    await pipe('a', 6);
    await pipe('a', 101);
    expect(await values()).toEqual([row('a', 0, 1), row('a', 0, 2), row('a', 100, 1)]);
  });

  it('goes on from the committed value after a crash', async () => {
    const { driver, pipe, values } = start(updates);
    await pipe('a', 5);
    await driver.crashAndRestart();
    await pipe('a', 6);
    expect(await values()).toEqual([row('a', 0, 1), row('a', 0, 2)]);
  });
});

describe('windowedAggregate, hopping', () => {
  it('D1 D6 counts a record in each window that holds it, and judges lateness for each', async () => {
    const { pipe, values, late } = start({ window: hopping({ sizeMs: 100, advanceMs: 50 }), emit: 'final' });
    await pipe('a', 120); // [50, 150), [100, 200)
    await pipe('a', 165); // watermark 155: [50, 150) closes
    await pipe('a', 130); // late for [50, 150), counted in [100, 200)
    await pipe('a', 400);
    expect(await values()).toEqual([row('a', 50, 1), row('a', 100, 3), row('a', 150, 1)]);
    expect(await late()).toEqual([]);
  });
});

describe('windowedAggregate, hopping, with an aggregator that refuses a record in one of its windows', () => {
  const gathered = topic('gathered', { key: string(), value: json<number[]>() });
  /** In each window at most two values. */
  function gathering(options: TopologyTestDriverOptions) {
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .groupByKey({ name: 'gathered' })
      .windowedBy(hopping({ sizeMs: 100, advanceMs: 50 }), { graceMs: 1_000, emit: 'final' })
      .aggregate({
        initializer: (): number[] => [],
        aggregator(values, { at }) {
          if (values.length === 2) throw new RangeError('There is room for two.');
          values.push(at);
          return values;
        },
      })
      .toStream()
      .map((values, { window }) => ({ key: String(window.startMs), value: values }))
      .to(gathered);
    const driver = new TopologyTestDriver(builder.build(), options);
    open.push(driver);
    return driver;
  }

  it.each([
    ['everything cached', {}],
    ['nothing cached, so that records are parked', { maxCachedBytes: 1, stores: inMemoryStores() }],
  ])('counts it in none, %s', async (_name, options) => {
    const driver = gathering(options);
    const input = driver.input(readings);
    const pipe = (at: number) => input.pipe({ at, value: 1 }, { key: 'a' });
    for (const at of [110, 120]) await pipe(at); // [50, 150) and [100, 200) are full
    await pipe(60); // [0, 100) takes it, [50, 150) does not
    await driver.advanceWallClock(1_000);
    await driver.crashAndRestart();
    for (const at of [70, 10, 80]) await pipe(at);
    await driver.crashAndRestart();
    for (const at of [20, 30, 5_000]) await pipe(at);
    expect(await driver.output(gathered).readKeyValuesToMap()).toEqual(
      new Map([
        ['0', [10, 20]],
        ['50', [110, 120]],
        ['100', [110, 120]],
      ]),
    );
    const refused = (await driver.deadLetters.readAll()).map(({ value }) => JSON.parse(String(value)).at);
    expect(refused).toEqual([60, 70, 80, 30]);
  });
});

interface Event {
  key: string;
  at: number;
  value: number;
}
const events = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    at: fc.integer({ min: 0, max: 600 }),
    value: fc.integer({ min: 0, max: 9 }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** The definition, computed naively: every record in every window that was open when it came. */
function oracle(
  input: readonly Event[],
  sizeMs: number,
  advanceMs: number,
  graceMs: number,
): Map<string, Row> {
  const result = new Map<string, Row>();
  let maxAt = -Infinity;
  for (const { key, at, value } of input) {
    maxAt = Math.max(maxAt, at);
    for (let startMs = Math.floor(at / advanceMs) * advanceMs; startMs > at - sizeMs; startMs -= advanceMs) {
      if (startMs < 0 || startMs + sizeMs + graceMs <= maxAt - DELAY_MS) continue;
      const id = `${key}@${startMs}`;
      const before = result.get(id) ?? row(key, startMs, 0);
      result.set(id, row(key, startMs, before.n + 1, before.total + value));
    }
  }
  return result;
}

describe('windowedAggregate against its definition', () => {
  const options = [
    ['everything cached', {}],
    ['nothing cached', { maxCachedBytes: 1 }],
  ] as const;
  it.each(options)('equals it with crashes in between, %s', async (_name, cache) => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.constantFrom([100, 100], [100, 50], [90, 30]),
        fc.constantFrom(0, 25),
        fc.constantFrom('final' as const, 'updates' as const),
        fc.nat(6),
        async (input, [sizeMs, advanceMs], graceMs, emit, crashEvery) => {
          const window = hopping({ sizeMs: sizeMs!, advanceMs: advanceMs! });
          const { driver, pipe, values } = start(
            { window, emit, graceMs },
            { ...cache, stores: inMemoryStores() },
          );
          for (const [i, { key, at, value }] of input.entries()) {
            await pipe(key, at, value);
            if (crashEvery > 0 && i % (crashEvery + 3) === 0) await driver.crashAndRestart();
          }
          const expected = oracle(input, sizeMs!, advanceMs!, graceMs);
          const closed = Math.max(...input.map(({ at }) => at)) - DELAY_MS;
          for (const [id, one] of expected) {
            if (emit === 'final' && one.start + sizeMs! + graceMs > closed) expected.delete(id);
          }
          const got = await values();
          expect(new Map(got.map((one) => [`${one.key}@${one.start}`, one]))).toEqual(expected);
          if (emit === 'final') expect(got).toHaveLength(expected.size);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('avg', () => {
  it('is exact as sum and count over a restart', async () => {
    const builder = new StreamsBuilder();
    const means = topic('means', { key: string(), value: json<{ mean: number }>() });
    builder
      .stream(readings)
      .groupByKey({ name: 'means' })
      .agg(avg('value').alias('mean'))
      .toStream()
      .mapValues((value) => ({ mean: value!.mean }))
      .to(means);
    const driver = new TopologyTestDriver(builder.build());
    open.push(driver);
    const input = driver.input(readings);
    for (const value of [1, 2]) await input.pipe({ at: 1, value }, { key: 'a' });
    await driver.crashAndRestart();
    await input.pipe({ at: 1, value: 9 }, { key: 'a' });
    expect(await driver.output(means).readValues()).toEqual([{ mean: 1 }, { mean: 1.5 }, { mean: 4 }]);
  });
});
