/** The rules of time and windows by number (docs/semantics.md), each in one small topology; by the real engine. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  hopping,
  json,
  session,
  sliding,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type AlignedWindow,
  type Emit,
  type KStream,
  type RecordAlignedWindow,
} from '@hiveframe/streams';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';

interface Point {
  readonly at: number;
}
const DELAY_MS = 10;
const points = topic('points', {
  key: string(),
  value: json<Point>(),
  timestamp: 'at',
  watermark: { delayMs: DELAY_MS },
});
const results = topic('results', { key: string(), value: json<number | null>() });
const late = topic('late', { key: string(), value: json<Point>() });

let driver: TopologyTestDriver;
afterEach(() => driver[Symbol.asyncDispose]());

interface Windowing {
  readonly window: AlignedWindow | RecordAlignedWindow;
  readonly graceMs?: number;
  readonly emit?: Emit;
}

/** Counts points by key. */
function counting(
  { window, graceMs = 0, emit = 'final' }: Windowing,
  options: TopologyTestDriverOptions = {},
) {
  const builder = new StreamsBuilder();
  const counts = builder
    .stream(points)
    .groupByKey({ name: 'counts' })
    .windowedBy(window, { graceMs, emit, late: (stream) => stream.to(late) })
    .count();
  (counts.toStream() as KStream<{ key: string; window: { startMs: number; endMs: number } }, number | null>)
    .map((count, { key, window: { startMs, endMs } }) => ({
      key: `${key} ${startMs}-${endMs}`,
      value: count,
    }))
    .to(results);
  driver = new TopologyTestDriver(builder.build(), options);
}

const pipe = (key: string, ...times: readonly number[]) =>
  times.reduce(
    (before, at) => before.then(() => driver.input(points).pipe({ at }, { key })),
    Promise.resolve(),
  );

/** `<key> <start>-<end>: <count>` */
async function given(): Promise<string[]> {
  return (await driver.output(results).readAll()).map(({ key, value }) => `${key}: ${value}`);
}
async function lateTimes(): Promise<number[]> {
  return (await driver.output(late).readValues()).map(({ at }) => at);
}

describe('time and windows', () => {
  it('D1 a record is late for a window when its end and the grace are not beyond the watermark, for each window alone', async () => {
    counting({ window: hopping({ sizeMs: 20, advanceMs: 10 }), graceMs: 5 });
    await pipe('a', 12, 45); // watermark 35: [0, 20) and [10, 30) have closed
    await pipe('a', 25); // late for [10, 30), not for [20, 40)
    await pipe('a', 19); // late for both of its windows
    await pipe('a', 100);
    expect(await given()).toEqual(['a 0-20: 1', 'a 10-30: 1', 'a 20-40: 1', 'a 30-50: 1', 'a 40-60: 1']);
    expect(await lateTimes()).toEqual([19]);
  });

  it('D2 time moves before lateness is judged', async () => {
    counting({ window: tumbling({ sizeMs: 10 }) });
    await pipe('a', 5);
    await pipe('b', 20); // watermark 10: this very record closes [0, 10)
    expect(await given()).toEqual(['a 0-10: 1']);
    await pipe('a', 6);
    expect(await lateTimes()).toEqual([6]);
  });

  it('D3 an operator knows the time of what reaches it, not how far the task has read', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(points)
      .groupByKey({ name: 'first' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final' })
      .count()
      .toStream()
      .map((count, { key }) => ({ key, value: count }))
      .repartition({ name: 'between', key: string() })
      .groupByKey({ name: 'second' })
      .windowedBy(tumbling({ sizeMs: 20 }), { graceMs: 0, emit: 'final' })
      .reduce({ reducer: (left, right) => left + right })
      .toStream()
      .map((count, { key, window: { startMs, endMs } }) => ({
        key: `${key} ${startMs}-${endMs}`,
        value: count as number | null,
      }))
      .to(results);
    driver = new TopologyTestDriver(builder.build());
    await pipe('a', 1, 11, 12, 500); // one record closes all: what it closed is not late behind
    expect(await given()).toEqual(['a 0-20: 3']);
  });

  it('D4 a restart knows the time it had: a window that has closed stays closed', async () => {
    counting({ window: tumbling({ sizeMs: 10 }) });
    await pipe('a', 5, 20);
    await driver.crashAndRestart();
    await pipe('a', 6);
    expect([await given(), await lateTimes()]).toEqual([['a 0-10: 1'], [6]]);
  });

  it('D5 tumbling and hopping windows do not hold their end, sliding ones and sessions do', async () => {
    const held: Record<string, string[]> = {};
    for (const [name, window] of [
      ['tumbling', tumbling({ sizeMs: 10 })],
      ['sliding', sliding({ differenceMs: 10 })],
      ['session', session({ gapMs: 10 })],
    ] as const) {
      counting({ window });
      await pipe('a', 20, 30);
      await pipe('end', 1_000);
      held[name] = await given();
      await driver[Symbol.asyncDispose]();
    }
    expect(held).toEqual({
      tumbling: ['a 20-30: 1', 'a 30-40: 1'],
      sliding: ['a 10-20: 1', 'a 20-30: 2', 'a 21-31: 1'],
      session: ['a 20-30: 2'],
    });
  });

  it('D6 the first hopping window begins at max(0, ts - size + advance) / advance * advance', async () => {
    counting({ window: hopping({ sizeMs: 25, advanceMs: 10 }), emit: 'updates' });
    await pipe('a', 3);
    await pipe('b', 31);
    expect(await given()).toEqual(['a 0-25: 1', 'b 10-35: 1', 'b 20-45: 1', 'b 30-55: 1']);
  });

  it('D7 sliding windows end at each record and begin behind each; early records have the window from 0', async () => {
    counting({ window: sliding({ differenceMs: 20 }), graceMs: 100 });
    await pipe('a', 5, 15);
    await pipe('end', 1_000);
    expect(await given()).toEqual(['a 0-20: 2', 'a 6-26: 1']);
  });

  it('D8 sessions merge, and take back what became part of another', async () => {
    counting({ window: session({ gapMs: 10 }), graceMs: 100, emit: 'updates' });
    await pipe('a', 0, 20, 10);
    expect(await given()).toEqual(['a 0-0: 1', 'a 20-20: 1', 'a 0-0: null', 'a 20-20: null', 'a 0-20: 3']);
  });

  it('D9 a result has the highest time that went into it, that of a session its end', async () => {
    counting({ window: tumbling({ sizeMs: 100 }) });
    await pipe('a', 30, 70, 50, 200);
    expect((await driver.output(results).readAll()).map(({ timestampMs }) => timestampMs)).toEqual([70]);
    await driver[Symbol.asyncDispose]();
    counting({ window: session({ gapMs: 30 }) });
    await pipe('a', 30, 70, 50, 200);
    expect((await driver.output(results).readAll()).map(({ timestampMs }) => timestampMs)).toEqual([70]);
  });

  it.each([tumbling({ sizeMs: 10 }), session({ gapMs: 4 }), sliding({ differenceMs: 9 })])(
    'D10 a final result is given once, over a crash before and behind it ($kind)',
    async (window) => {
      counting({ window }, { maxCachedBytes: 1 });
      await pipe('a', 9);
      await driver.crashAndRestart();
      await pipe('b', 50);
      await driver.crashAndRestart();
      await pipe('b', 51);
      await driver.crashAndRestart();
      expect((await given()).filter((one) => one.startsWith('a'))).toHaveLength(1);
    },
  );

  it('D12 grace is asked for, and has no default', () => {
    const grouped = new StreamsBuilder().stream(points).groupByKey({ name: 'counts' });
    // @ts-expect-error -- no graceMs
    expect(() => grouped.windowedBy(tumbling({ sizeMs: 10 }), {}).count()).toThrow('graceMs is undefined');
    counting({ window: tumbling({ sizeMs: 10 }) });
  });

  it('D14 state expires by the time of the stream, never by that of the clock', async () => {
    counting({ window: tumbling({ sizeMs: 10 }) }, { maxCachedBytes: 1 });
    await pipe('a', 1);
    await driver.advanceWallClock(10 * 365 * 24 * 3_600_000);
    await driver.crashAndRestart();
    await pipe('a', 2, 20);
    expect(await given()).toEqual(['a 0-10: 2']);
  });

  it('D15 timers are state: a session that was to close closes after a crash', async () => {
    counting({ window: session({ gapMs: 10 }) }, { maxCachedBytes: 1 });
    await pipe('a', 1, 5);
    await driver.crashAndRestart();
    await pipe('b', 100);
    expect(await given()).toEqual(['a 1-5: 2']);
  });

  it('a fraction of a millisecond is cut off: Kafka has whole ones', async () => {
    counting({ window: tumbling({ sizeMs: 10 }) });
    await pipe('a', 1.5, 9.9, 20);
    const [result] = await driver.output(results).readAll();
    expect(result).toMatchObject({ key: 'a 0-10', value: 2, timestampMs: 9 });
  });

  it('so a delay with a fraction is refused, and a time of idleness', () => {
    const declare = (watermark: object) => () => topic('finely', { value: json<Point>(), watermark });
    expect(declare({ delayMs: 0.5 })).toThrow(
      "Cannot declare topic 'finely': watermark.delayMs is 0.5; it must be a whole number of milliseconds, 0 or more.",
    );
    expect(declare({ idleAfterMs: 1e-3 })).toThrow('watermark.idleAfterMs is 0.001');
  });

  it('D16 a time below 0 is a dead letter, and moves nothing', async () => {
    counting({ window: tumbling({ sizeMs: 10 }) });
    await pipe('a', 1, -1, 2, 20);
    expect(await given()).toEqual(['a 0-10: 2']);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });
});
