import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import {
  count,
  inMemoryStores,
  json,
  session,
  sliding,
  string,
  StreamsBuilder,
  sum,
  topic,
  type KStream,
  type SessionWindow,
  type SlidingWindow,
  type Windowed,
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
/** What lies in a window; null: the window was taken back. */
interface Result {
  key: string;
  start: number;
  end: number;
  values: number[] | null;
}
const results = topic('results', { key: string(), value: json<Result>() });
const lateReadings = topic('late', { key: string(), value: json<Reading>() });

interface Shape {
  readonly window: SlidingWindow | SessionWindow;
  readonly emit: 'final' | 'updates';
  readonly graceMs?: number;
}

function build({ window, emit, graceMs = 0 }: Shape) {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .groupByKey({ name: 'gathered' })
    .windowedBy(window as SessionWindow, { graceMs, emit, late: (late) => late.to(lateReadings) })
    .aggregate({
      initializer: (): number[] => [],
      aggregator: (values, { value }) => [...values, value],
      merger: (left, right) => [...left, ...right],
    })
    .toStream()
    .map((values, { key, window: { startMs, endMs } }) => ({
      key,
      value: { key, start: startMs, end: endMs, values },
    }))
    .to(results);
  return builder.build();
}

const open: TopologyTestDriver[] = [];
function start(shape: Shape, options: TopologyTestDriverOptions = {}) {
  const driver = new TopologyTestDriver(build(shape), options);
  open.push(driver);
  const input = driver.input(readings);
  const output = driver.output(results);
  return {
    driver,
    pipe: (key: string, at: number, value = at) => input.pipe({ at, value }, { key }),
    results: async () => (await output.readValues()).map(inWords),
    values: () => output.readValues(),
    late: async () => (await driver.output(lateReadings).readValues()).map(({ value }) => value),
  };
}
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

function inWords({ key, start: from, end, values }: Result): string {
  return `${key} ${from}-${end} ${values === null ? 'gone' : values.toSorted((a, b) => a - b).join(',')}`;
}

describe('sessions, final', () => {
  const final: Shape = { window: session({ gapMs: 100 }), emit: 'final' };

  it('gives a session when nothing can come within the gap any more', async () => {
    const { pipe, results: given } = start(final);
    await pipe('a', 0);
    await pipe('a', 100);
    await pipe('b', 210); // watermark 200: a record at 200 would still belong to it
    expect(await given()).toEqual([]);
    await pipe('b', 211);
    expect(await given()).toEqual(['a 0-100 0,100']);
  });

  it('waits for the grace, and joins two sessions by a record between them', async () => {
    const { pipe, results: given } = start({ ...final, graceMs: 150 });
    await pipe('a', 0);
    await pipe('a', 180);
    await pipe('a', 90);
    await pipe('b', 600);
    expect(await given()).toEqual(['a 0-180 0,90,180']);
  });

  it('judges lateness by the end of the merged session (D8)', async () => {
    const { pipe, results: given, late } = start(final);
    await pipe('a', 1000);
    await pipe('a', 1111); // watermark 1101: the session of 1000 is closed
    await pipe('a', 1050); // alone it would be late too; it joins the session of 1111
    await pipe('b', 1000); // alone: closed since 1101
    await pipe('b', 2000);
    expect(await given()).toEqual(['a 1000-1000 1000', 'a 1050-1111 1050,1111']);
    expect(await late()).toEqual([1000]);
  });

  it('neither repeats nor forgets a session over crashes (D10, D15)', async () => {
    const { driver, pipe, results: given } = start(final);
    await pipe('a', 0);
    await driver.crashAndRestart();
    await pipe('a', 50);
    await pipe('b', 120);
    await driver.crashAndRestart();
    await pipe('c', 400); // a timer set before the crash closes both
    await driver.crashAndRestart();
    await pipe('c', 450);
    expect(await given()).toEqual(['a 0-50 0,50', 'b 120-120 120']);
  });

  it('keeps nothing of keys whose sessions closed', async () => {
    const stores = inMemoryStores();
    const { driver, pipe } = start(final, { stores });
    for (let i = 0; i < 50; i++) await pipe(`key-${i}`, i * 1000);
    await driver.crashAndRestart();
    const reader = stores.reader({ applicationId: 'test', store: 'gathered', partition: 0 });
    let kept = 0;
    for await (const entries of reader.scan(null)) kept += entries.length;
    expect(kept).toBe(1);
  });
});

describe('an aggregator that refuses a record', () => {
  it('counts it in none of its sliding windows', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .groupByKey({ name: 'gathered' })
      .windowedBy(sliding({ differenceMs: 100 }), { graceMs: 1_000, emit: 'final' })
      .aggregate({
        initializer: (): number[] => [],
        aggregator(values, { at }) {
          if (values.length === 2) throw new RangeError('There is room for two.');
          values.push(at);
          return values;
        },
      })
      .toStream()
      .map((values, { key, window: { startMs, endMs } }) => ({
        key,
        value: { key, start: startMs, end: endMs, values } as Result,
      }))
      .to(results);
    const driver = new TopologyTestDriver(builder.build());
    open.push(driver);
    const pipe = (at: number) => driver.input(readings).pipe({ at, value: 1 }, { key: 'a' });
    for (const at of [200, 210]) await pipe(at);
    await pipe(190); // there is room in 100-200, and none in 110-210
    await driver.advanceWallClock(1_000);
    await driver.crashAndRestart();
    await pipe(195);
    await pipe(5_000);
    expect((await driver.output(results).readValues()).map(inWords)).toEqual([
      'a 100-200 200',
      'a 110-210 200,210',
      'a 201-301 210',
    ]);
    expect(await driver.deadLetters.readAll()).toHaveLength(2);
  });

  it('leaves sessions as they were that would have become one', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .groupByKey({ name: 'sums' })
      .windowedBy(session({ gapMs: 100 }), { graceMs: 1_000, emit: 'final' })
      .reduce({
        reducer(left, right) {
          if (right.value < 0) throw new RangeError('Values are positive.');
          left.value += right.value;
          return left;
        },
      })
      .toStream()
      .map(({ value }, { key, window: { startMs, endMs } }) => ({
        key,
        value: { key, start: startMs, end: endMs, values: [value] } as Result,
      }))
      .to(results);
    const driver = new TopologyTestDriver(builder.build());
    open.push(driver);
    const pipe = (at: number, value: number) => driver.input(readings).pipe({ at, value }, { key: 'a' });
    await pipe(0, 1);
    await pipe(150, 2);
    await pipe(80, -1);
    await driver.crashAndRestart();
    await pipe(5_000, 1);
    expect((await driver.output(results).readValues()).map(inWords)).toEqual(['a 0-0 1', 'a 150-150 2']);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });
});

describe('sessions, updates', () => {
  const updates: Shape = { window: session({ gapMs: 100 }), emit: 'updates' };

  it('takes back what became part of another session (D8)', async () => {
    const { pipe, results: given } = start({ ...updates, graceMs: 500 });
    await pipe('a', 0);
    await pipe('a', 150);
    await pipe('a', 80);
    expect(await given()).toEqual([
      'a 0-0 0',
      'a 150-150 150',
      'a 0-0 gone',
      'a 150-150 gone',
      'a 0-150 0,80,150',
    ]);
  });

  it('gives a session of unchanged span again, without taking it back', async () => {
    const { pipe, results: given } = start(updates);
    await pipe('a', 0, 1);
    await pipe('a', 0, 2);
    expect(await given()).toEqual(['a 0-0 1', 'a 0-0 1,2']);
  });

  it('aggregates columns, merged', async () => {
    const builder = new StreamsBuilder();
    interface Row {
      key: string;
      window_start: number;
      window_end: number;
      n: number;
      total: number;
    }
    const rows = topic('rows', { key: json<Windowed<string>>(), value: json<Row>() });
    const stream: KStream<Windowed<string>, Row | null> = builder
      .stream(readings)
      .groupByKey({ name: 'sums' })
      .windowedBy(session({ gapMs: 100 }), { graceMs: 500 })
      .agg(count('*').alias('n'), sum('value').alias('total'))
      .toStream();
    stream.filter((row): row is Row => row !== null).to(rows);
    const driver = new TopologyTestDriver(builder.build());
    open.push(driver);
    const input = driver.input(readings);
    for (const at of [0, 150, 80]) await input.pipe({ at, value: at }, { key: 'a' });
    expect((await driver.output(rows).readValues()).at(-1)).toEqual({
      key: 'a',
      window_start: 0,
      window_end: 150,
      n: 3,
      total: 230,
    });
  });
});

describe('sliding windows', () => {
  const updates: Shape = { window: sliding({ differenceMs: 10 }), emit: 'updates', graceMs: 50 };

  it('gives each set of records that lie within the difference its window (D7)', async () => {
    const { pipe, results: given } = start(updates);
    await pipe('a', 20);
    await pipe('a', 25);
    await pipe('a', 31);
    expect(await given()).toEqual([
      'a 10-20 20',
      'a 15-25 20,25',
      'a 21-31 25',
      'a 21-31 25,31',
      'a 26-36 31',
    ]);
  });

  it('makes one window of records earlier than the difference', async () => {
    const { pipe, results: given } = start(updates);
    await pipe('a', 5);
    await pipe('a', 3);
    expect(await given()).toEqual(['a 0-10 5', 'a 0-10 3,5', 'a 4-14 5']);
  });

  it('makes the right window of a record as long as it is open', async () => {
    const { pipe, results: given } = start({ ...updates, graceMs: 0 });
    await pipe('a', 57);
    await pipe('a', 77); // watermark 67: the window of 57 has closed, the one behind it would end at 68
    await pipe('a', 58);
    expect(await given()).toEqual(['a 47-57 57', 'a 67-77 77', 'a 58-68 58']);
  });

  it('D5 holds records at both ends: a window is open until time is past its end', async () => {
    const { pipe, results: given } = start({ ...updates, emit: 'final', graceMs: 0 });
    await pipe('a', 20);
    await pipe('a', 30); // watermark 20
    await pipe('a', 20);
    expect(await given()).toEqual([]);
    await pipe('a', 31);
    expect(await given()).toEqual(['a 10-20 20,20']);
  });

  it('gives one result per window when it closes', async () => {
    const { pipe, results: given, late } = start({ ...updates, emit: 'final', graceMs: 0 });
    await pipe('a', 20);
    await pipe('a', 25);
    await pipe('a', 45); // watermark 35
    await pipe('a', 24); // its windows are closed: the last would end at 34
    await pipe('a', 100);
    expect(await given()).toEqual(['a 10-20 20', 'a 15-25 20,25', 'a 21-31 25', 'a 35-45 45']);
    expect(await late()).toEqual([24]);
  });
});

interface Event {
  key: string;
  at: number;
}
const events = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), at: fc.integer({ min: 0, max: 200 }) }), {
  minLength: 1,
  maxLength: 30,
});
type Open = (end: number, watermarkMs: number) => boolean;
interface Expected {
  readonly windows: Map<string, Result>;
  readonly late: number[];
  readonly watermarkMs: number;
}

/** Sessions by their definition: records are values, numbered. */
function sessionOracle(input: readonly Event[], gapMs: number, isOpen: Open): Expected {
  let sessions: Result[] = [];
  const late: number[] = [];
  let watermarkMs = -Infinity;
  for (const [i, { key, at }] of input.entries()) {
    watermarkMs = Math.max(watermarkMs, at - DELAY_MS);
    const near = sessions.filter(
      (one) =>
        one.key === key && isOpen(one.end, watermarkMs) && one.start - gapMs <= at && at <= one.end + gapMs,
    );
    const end = Math.max(at, ...near.map((one) => one.end));
    if (!isOpen(end, watermarkMs)) {
      late.push(i);
      continue;
    }
    const values = [...near.flatMap((one) => one.values!), i];
    const from = Math.min(at, ...near.map((one) => one.start));
    sessions = [...sessions.filter((one) => !near.includes(one)), { key, start: from, end, values }];
  }
  return { windows: byWindow(sessions), late, watermarkMs };
}

/** Sliding windows by their definition: all windows of all records that counted, looked at anew with each record. */
function slidingOracle(input: readonly Event[], differenceMs: number, isOpen: Open): Expected {
  const windows = new Map<string, Result>();
  const late: number[] = [];
  const counted: { key: string; at: number; i: number }[] = [];
  let watermarkMs = -Infinity;
  for (const [i, { key, at }] of input.entries()) {
    watermarkMs = Math.max(watermarkMs, at - DELAY_MS);
    if (!isOpen(at + differenceMs, watermarkMs)) {
      late.push(i);
      continue;
    }
    counted.push({ key, at, i });
    const ofKey = counted.filter((one) => one.key === key);
    const starts = new Set(ofKey.flatMap((one) => [Math.max(0, one.at - differenceMs), one.at + 1]));
    for (const from of starts) {
      const end = from + differenceMs;
      const within = ofKey.filter((one) => from <= one.at && one.at <= end);
      const id = `${key}@${from}-${end}`;
      if (within.length === 0 || !isOpen(end, watermarkMs)) continue;
      if (windows.has(id) && !within.some((one) => one.i === i)) continue;
      windows.set(id, { key, start: from, end, values: within.map((one) => one.i) });
    }
  }
  return { windows, late, watermarkMs };
}

function byWindow(all: readonly Result[]): Map<string, Result> {
  return new Map(all.map((one) => [`${one.key}@${one.start}-${one.end}`, one]));
}

describe('windows that records decide, against their definition', () => {
  const options = [
    ['everything cached', {}],
    ['nothing cached', { maxCachedBytes: 1 }],
  ] as const;
  const kinds = [
    ['sessions', 30],
    ['sliding windows', 30],
  ] as const;
  const cases = kinds.flatMap(([kind, spanMs]) =>
    options.map(([name, cache]) => [kind, name, spanMs, cache] as const),
  );
  it.each(cases)(
    '%s equal it with crashes in between, %s',
    async (kind, _name, spanMs, cache) => {
      await fc.assert(
        fc.asyncProperty(
          events,
          fc.constantFrom(0, 25),
          fc.constantFrom('final' as const, 'updates' as const),
          fc.nat(6),
          async (input, graceMs, emit, crashEvery) => {
            const isSession = kind === 'sessions';
            const window = isSession ? session({ gapMs: spanMs }) : sliding({ differenceMs: spanMs });
            const isOpen: Open = (end, watermarkMs) =>
              end + (isSession ? spanMs : 0) + graceMs >= watermarkMs;
            const run = start({ window, emit, graceMs }, { ...cache, stores: inMemoryStores() });
            for (const [i, { key, at }] of input.entries()) {
              await run.pipe(key, at, i);
              if (crashEvery > 0 && i % (crashEvery + 3) === 0) await run.driver.crashAndRestart();
            }
            const expected = (isSession ? sessionOracle : slidingOracle)(input, spanMs, isOpen);
            const given = await run.values();
            if (emit === 'final') {
              for (const [id, { end }] of expected.windows)
                if (isOpen(end, expected.watermarkMs)) expected.windows.delete(id);
              expect(given).toHaveLength(expected.windows.size);
            }
            const got = byWindow(given);
            for (const [id, { values }] of got) {
              if (values === null) got.delete(id);
              else values.sort((a, b) => a - b);
            }
            for (const { values } of expected.windows.values()) values!.sort((a, b) => a - b);
            expect(got).toEqual(expected.windows);
            expect(await run.late()).toEqual(expected.late);
          },
        ),
        { numRuns: 60 },
      );
    },
    60_000,
  );
});
