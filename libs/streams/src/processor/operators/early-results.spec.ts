import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { embedded } from '@hiveframe/streams-embedded';
import type { TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import {
  count,
  hopping,
  inMemoryStores,
  json,
  RecordBatchWriter,
  session,
  sliding,
  string,
  StreamsBuilder,
  sum,
  topic,
  tumbling,
  type HoppingWindow,
  type SessionWindow,
  type SlidingWindow,
  type TumblingWindow,
} from '@hiveframe/streams';
import { drive, NOTHING_CACHED } from '../../../test/support/tables.ts';
import { earlyAggregateSerde } from './early-aggregate.serde.ts';

interface Reading {
  readonly at: number;
  readonly value: number;
}
const readings = topic('readings', { key: string(), value: json<Reading>(), timestamp: 'at' });
/** `key start-end: total`, or `… gone` */
const rows = topic('rows', { key: string(), value: string() });

interface Shape {
  readonly window: TumblingWindow | HoppingWindow | SlidingWindow | SessionWindow;
  readonly everyMs: number;
  readonly graceMs?: number;
}

function build({ window, everyMs, graceMs = 0 }: Shape) {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .filter((_reading, key) => key !== 'other') // moves time only
    .groupByKey({ name: 'sums' })
    .windowedBy(window, { graceMs, emit: { everyMs } })
    .agg(sum('value').alias('total'), count('*').alias('n'))
    .toStream()
    .map((row: { total: number | null } | null, { key, window: { startMs, endMs } }) => ({
      key,
      value: `${key} ${startMs}-${endMs}: ${row?.total ?? 'gone'}`,
    }))
    .to(rows);
  return builder;
}

function start(shape: Shape, options: TopologyTestDriverOptions = {}) {
  const log = embedded();
  const driver = drive(build(shape), { log, ...options });
  const input = driver.input(readings);
  const output = driver.output(rows);
  return {
    driver,
    pipe: (key: string, at: number, value = 1) => input.pipe({ at, value }, { key }),
    /** Writes all before any is processed. */
    write: async (records: readonly (readonly [key: string, at: number, value: number])[]) => {
      await driver.settle();
      const batch = new RecordBatchWriter();
      for (const [key, at, value] of records)
        batch.append(Buffer.from(key), Buffer.from(JSON.stringify({ at, value })), at);
      await log.writer().send([{ topic: 'readings', partition: 0, records: batch.take() }]);
      await driver.settle();
    },
    given: async () => output.readValues(),
  };
}

const caches = [
  ['everything cached', {}],
  ['nothing cached', NOTHING_CACHED],
] as const;

describe('emit: { everyMs }', () => {
  const tumblingBy10: Shape = { window: tumbling({ sizeMs: 100 }), everyMs: 10 };

  it.each(caches)(
    'gives an open window when time reaches the next multiple, if it changed, %s',
    async (_name, cache) => {
      const { pipe, given } = start(tumblingBy10, cache);
      await pipe('a', 3);
      await pipe('a', 9);
      await pipe('b', 8);
      expect(await given()).toEqual([]);
      await pipe('a', 10); // counts behind what is given
      expect(await given()).toEqual(['a 0-100: 2', 'b 0-100: 1']);
      await pipe('a', 45);
      expect(await given()).toEqual(['a 0-100: 3']);
      await pipe('c', 47);
      await pipe('c', 53);
      expect((await given()).toSorted()).toEqual(['a 0-100: 4', 'c 0-100: 1']);
    },
  );

  it.each(caches)(
    'gives each window once when it closes, whether it changed or not, %s',
    async (_name, cache) => {
      const { pipe, given } = start(tumblingBy10, cache);
      await pipe('a', 3);
      await pipe('b', 91);
      expect(await given()).toEqual(['a 0-100: 1']);
      await pipe('b', 250);
      expect((await given()).toSorted()).toEqual(['a 0-100: 1', 'b 0-100: 1']);
      await pipe('b', 320);
      expect(await given()).toEqual(['b 200-300: 1', 'b 200-300: 1']); // that of 260, and the last
    },
  );

  it.each(caches)('goes on after a crash where the last commit left it, %s', async (_name, cache) => {
    const { driver, pipe, given } = start(tumblingBy10, cache);
    await pipe('a', 3);
    await pipe('b', 4);
    await driver.crashAndRestart();
    await pipe('b', 12);
    expect((await given()).toSorted()).toEqual(['a 0-100: 1', 'b 0-100: 1']);
    await driver.crashAndRestart();
    await pipe('c', 25);
    expect(await given()).toEqual(['b 0-100: 2']);
    await driver.crashAndRestart();
    await driver.crashAndRestart();
    await pipe('c', 29);
    expect(await given()).toEqual([]);
    await pipe('d', 130);
    // c changed before 30
    expect((await given()).toSorted()).toEqual(['a 0-100: 1', 'b 0-100: 2', 'c 0-100: 2', 'c 0-100: 2']);
  });

  it('shows the state of an aggregate, not what it keeps beside it', async () => {
    const { driver, pipe } = start(tumblingBy10);
    await pipe('a', 3, 7);
    const found = await driver.windowStore<string, { total: number }>('sums').fetch('a', 0);
    expect(found).toMatchObject({ total: 7, n: 1, window_start: 0 });
  });

  it('lets time stand behind it until what changed was given', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(readings)
      .groupByKey({ name: 'inner' })
      .windowedBy(tumbling({ sizeMs: 100 }), { graceMs: 0, emit: { everyMs: 30 } })
      .agg(sum('value').alias('total'))
      .toStream()
      .map(({ total }, { key }) => ({ key, value: { at: 0, value: total! } }))
      .groupByKey({ name: 'outer' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final' })
      .agg(count('*').alias('n'), sum('value').alias('total'))
      .toStream()
      .map((row, { key, window }) => ({
        key,
        value: `${key} ${window.startMs}: ${row.n} ${row.total}`,
      }))
      .to(rows);
    const driver = drive(builder);
    const input = driver.input(readings);
    for (const at of [1, 22, 25]) await input.pipe({ at, value: 1 }, { key: 'a' });
    await driver.crashAndRestart();
    for (const at of [31, 65]) await input.pipe({ at, value: 1 }, { key: 'a' });
    await driver.crashAndRestart();
    await input.pipe({ at: 130, value: 1 }, { key: 'a' });
    await input.pipe({ at: 400, value: 1 }, { key: 'a' });
    // the results of 25 (given at 30), 31 (at 60), 65 (at 90, and at the close) and 130 each have their window; none was late
    expect(await driver.output(rows).readValues()).toEqual([
      'a 20: 1 3',
      'a 30: 1 4',
      'a 60: 2 10',
      'a 130: 2 2',
    ]);
  });

  it('is told from the state of another emit, which it cannot go on with', () => {
    const serde = earlyAggregateSerde(json<Reading>());
    const context = { topic: 'sums', part: 'value', headers: () => [] } as const;
    const early = { aggregate: { at: 1, value: 2 }, changedInMs: -10 };
    expect(serde.deserialize(serde.serialize(early, context), context)).toEqual(early);
    expect(() => serde.deserialize(Buffer.from('{"at":1,"value":2}'), context)).toThrow('emit was changed');
    expect(serde.format).toBe('early aggregate<json>');
  });

  it('refuses an interval that is no time', () => {
    expect(() => build({ ...tumblingBy10, everyMs: 0 })).toThrow('Cannot window sums: emit.everyMs is 0');
    expect(() => build({ window: session({ gapMs: 5 }), everyMs: 1.5 })).toThrow('emit.everyMs is 1.5');
  });
});

describe('emit: { everyMs }, sessions', () => {
  const sessions: Shape = { window: session({ gapMs: 20 }), everyMs: 10 };

  it.each(caches)(
    'gives a session that grows at the multiples, and takes back the one it was, %s',
    async (_name, cache) => {
      const { driver, pipe, given } = start(sessions, cache);
      await pipe('a', 1);
      await pipe('a', 5);
      await driver.crashAndRestart();
      await pipe('a', 11);
      expect(await given()).toEqual(['a 1-5: 2']);
      await driver.crashAndRestart();
      await pipe('b', 19);
      expect(await given()).toEqual([]);
      await pipe('b', 20);
      expect(await given()).toEqual(['a 1-5: gone', 'a 1-11: 3', 'b 19-19: 1']);
      await pipe('b', 32);
      await driver.crashAndRestart();
      await pipe('c', 33);
      // a closed at 32, b changed before 30
      expect((await given()).toSorted()).toEqual(['a 1-11: 3', 'b 19-19: gone', 'b 19-20: 2']);
    },
  );

  it.each(caches)('gives what two sessions became, and takes back both, %s', async (_name, cache) => {
    const { driver, pipe, given } = start({ ...sessions, graceMs: 50 }, cache);
    await pipe('a', 1);
    await pipe('a', 31);
    await pipe('x', 42);
    expect((await given()).toSorted()).toEqual(['a 1-1: 1', 'a 31-31: 1']);
    await pipe('a', 15);
    await driver.crashAndRestart();
    await pipe('x', 51);
    expect((await given()).toSorted()).toEqual(['a 1-1: gone', 'a 1-31: 3', 'a 31-31: gone', 'x 42-42: 1']);
    await pipe('y', 300);
    // x changed before 60
    expect((await given()).toSorted()).toEqual(['a 1-31: 3', 'x 42-42: gone', 'x 42-51: 2', 'x 42-51: 2']);
  });
});

describe('emit: { everyMs }, sliding', () => {
  it.each(caches)(
    'gives what changed at the multiples, and each window when it closes, %s',
    async (_name, cache) => {
      const { driver, pipe, given } = start({ window: sliding({ differenceMs: 20 }), everyMs: 10 }, cache);
      await pipe('a', 31);
      await pipe('a', 35);
      expect(await given()).toEqual(['a 11-31: 1']); // it closed at 32
      await driver.crashAndRestart();
      await pipe('b', 40);
      expect((await given()).toSorted()).toEqual(['a 15-35: 2', 'a 32-52: 1']);
      await driver.crashAndRestart();
      await pipe('b', 49);
      expect(await given()).toEqual(['b 20-40: 1']);
      await pipe('b', 54);
      // a's last window closed at 53 and was given as it was before
      expect((await given()).toSorted()).toEqual(['a 32-52: 1', 'b 29-49: 2', 'b 41-61: 1']);
    },
  );
});

const events = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'other'),
    fc.integer({ min: 0, max: 400 }),
    fc.integer({ min: 1, max: 9 }),
  ),
  { minLength: 1, maxLength: 30 },
);
type Events = readonly (readonly [key: string, at: number, value: number])[];

/** The definition, computed naively: what is given of each window, in order. */
function oracle(input: Events, sizeMs: number, advanceMs: number, graceMs: number, everyMs: number) {
  const totals = new Map<string, { closesAtMs: number; total: number; changed: boolean; given: number[] }>();
  let watermarkMs = -1;
  const closed = new Set<string>();
  for (const [key, at, value] of input) {
    const before = watermarkMs;
    watermarkMs = Math.max(watermarkMs, at);
    const intervalEndMs = Math.floor(before / everyMs) * everyMs + everyMs;
    const isDue = intervalEndMs <= watermarkMs;
    for (const [id, one] of totals) {
      if (closed.has(id)) continue;
      if (isDue && one.changed && one.closesAtMs > intervalEndMs) one.given.push(one.total);
      if (isDue) one.changed = false;
      if (one.closesAtMs > watermarkMs) continue;
      one.given.push(one.total);
      closed.add(id);
    }
    if (key === 'other') continue;
    for (let startMs = Math.floor(at / advanceMs) * advanceMs; startMs > at - sizeMs; startMs -= advanceMs) {
      const closesAtMs = startMs + sizeMs + graceMs;
      if (startMs < 0 || closesAtMs <= watermarkMs) continue;
      const id = `${key} ${startMs}-${startMs + sizeMs}`;
      const one = totals.get(id) ?? { closesAtMs, total: 0, changed: false, given: [] };
      totals.set(id, { ...one, total: one.total + value, changed: true });
    }
  }
  return Object.fromEntries(
    [...totals].filter(([, { given }]) => given.length > 0).map(([id, { given }]) => [id, given]),
  );
}

function byWindow(given: readonly string[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const row of given) {
    const [id, total] = row.split(': ') as [string, string];
    (found[id] ??= []).push(Number(total));
  }
  return found;
}

/** One by one, and several at a time with nothing in memory and crashes in between. */
async function inBothWays(shape: Shape, input: Events, together: number) {
  const oneByOne = start(shape);
  for (const [key, at, value] of input) await oneByOne.pipe(key, at, value);
  const { driver, write, given } = start(shape, NOTHING_CACHED);
  for (let at = 0; at < input.length; at += together) {
    await write(input.slice(at, at + together));
    if (at % 2 === 0) await driver.crashAndRestart();
  }
  return [await oneByOne.given(), await given()] as const;
}

/** What is found is told, as small as it was made until then, before Jest ends the test. */
const runs = { numRuns: 25, interruptAfterTimeLimit: 3_500 };

describe('emit: { everyMs } against its definition', () => {
  it.each(caches)(
    'equals it, however records come together, with crashes in between, %s',
    async (_name, cache) => {
      await fc.assert(
        fc.asyncProperty(
          events,
          fc.constantFrom([100, 100], [100, 50], [90, 30]),
          fc.constantFrom(0, 25),
          fc.constantFrom(10, 37, 250),
          fc.integer({ min: 1, max: 8 }),
          async (input, [sizeMs, advanceMs], graceMs, everyMs, together) => {
            const window = hopping({ sizeMs: sizeMs!, advanceMs: advanceMs! });
            const { driver, write, given } = start(
              { window, everyMs, graceMs },
              { ...cache, stores: inMemoryStores() },
            );
            for (let at = 0; at < input.length; at += together) {
              await write(input.slice(at, at + together));
              if (at % 2 === 0) await driver.crashAndRestart();
            }
            expect(byWindow(await given())).toEqual(oracle(input, sizeMs!, advanceMs!, graceMs, everyMs));
          },
        ),
        runs,
      );
    },
  );

  describe.each([
    ['tumbling', tumbling({ sizeMs: 100 }), 'a 100-200: 1'],
    ['session', session({ gapMs: 30 }), 'a 170-170: 1'],
    ['sliding', sliding({ differenceMs: 30 }), 'a 140-170: 1'],
  ] as const)('in %s windows', (_name, window, early) => {
    const shape: Shape = { window, everyMs: 10, graceMs: 20 };

    it.each(['other', 'b'])(
      'gives a window at a multiple and again at its close, where both come together by records of %s',
      async (key) => {
        const input = [
          ['a', 170, 1],
          [key, 181, 1],
          [key, 222, 1],
        ] as const;
        for (const together of [1, 3]) {
          const ofA = (await inBothWays(shape, input, together)).map((all) =>
            all.filter((row) => row.startsWith('a')),
          );
          expect(ofA).toEqual([
            [early, early],
            [early, early],
          ]);
        }
      },
    );
  });

  it('does not depend on how records of sessions and sliding windows come together', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.constantFrom(session({ gapMs: 30 }), sliding({ differenceMs: 30 })),
        fc.constantFrom(10, 37),
        fc.integer({ min: 2, max: 8 }),
        async (input, window, everyMs, together) => {
          const shape = { window, everyMs, graceMs: 20 };
          const [expected, actual] = await inBothWays(shape, input, together);
          const of = (key: string, all: readonly string[]) => all.filter((row) => row.startsWith(key));
          for (const key of ['a', 'b', 'c']) expect(of(key, actual)).toEqual(of(key, expected));
        },
      ),
      runs,
    );
  });
});
