import { afterEach, describe, expect, it } from '@jest/globals';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { embedded } from '@hiveframe/streams-embedded';
import {
  double,
  inMemoryStores,
  json,
  keyValueStore,
  processorOutput,
  RecordBatchWriter,
  StreamsBuilder,
  string,
  topic,
  windowStore,
  type KStream,
  type Processor,
  type ProcessorContext,
  type Topic,
} from '@hiveframe/streams';
import { OperatorHarness } from '../../../../test/support/operator-harness.ts';
import { process } from './process.ts';

interface Reading {
  at: number;
  value: number;
}
const readings = topic('readings', { key: string(), value: json<Reading>(), timestamp: 'at' });
const output = topic('output', { key: string(), value: json<unknown>() });

const open: TopologyTestDriver[] = [];
function start<V>(
  declare: (stream: KStream<string, Reading>) => KStream<string, V>,
  options: TopologyTestDriverOptions = {},
) {
  const builder = new StreamsBuilder();
  declare(builder.stream(readings)).to(output as unknown as Topic<string, V>);
  const driver = new TopologyTestDriver(builder.build(), { stores: inMemoryStores(), ...options });
  open.push(driver);
  const input = driver.input(readings);
  const given = driver.output(output);
  return {
    driver,
    pipe: (key: string, at: number, value = at) => input.pipe({ at, value }, { key }),
    values: () => given.readValues(),
    records: () => given.readAll(),
  };
}
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

const sums = keyValueStore({ name: 'sums', key: string(), value: double() });

/** Adds up the values of a key; deletes its sum at a negative one. */
const summing = (stream: KStream<string, Reading>) =>
  stream.process({
    name: 'summing',
    stores: { sums },
    output: { key: string(), value: double() },
    create: ({ stores, forward }) => ({
      async process({ key, value, timestampMs }) {
        const before = await stores.sums.get(key);
        if (value.value < 0) stores.sums.delete(key);
        else stores.sums.put(key, (before ?? 0) + value.value);
        forward({ key, value: (await stores.sums.get(key)) ?? -1, timestampMs });
      },
    }),
  });

describe('process', () => {
  const caches = [
    ['everything cached', {}],
    ['nothing cached', { maxCachedBytes: 1 }],
  ] as const;
  it.each(caches)('keeps its stores over crashes, %s', async (_name, cache) => {
    const { driver, pipe, values } = start(summing, cache);
    await pipe('a', 1, 5);
    await pipe('b', 2, 7);
    await driver.crashAndRestart();
    await pipe('a', 3, 1);
    await pipe('b', 4, -1);
    await driver.crashAndRestart();
    await pipe('b', 5, 2);
    expect(await values()).toEqual([5, 7, 6, -1, 2]);
  });

  it('has what it named in advance at hand, without a promise', async () => {
    const kinds: string[] = [];
    const { driver, pipe } = start(
      (stream) =>
        stream.processValues({
          name: 'reading',
          stores: { sums },
          prefetch: ({ key }) => ({ sums: [key] }),
          create: ({ stores }) => ({
            process({ key, value }) {
              const before = stores.sums.get(key);
              kinds.push(before instanceof Promise ? 'promise' : String(before));
              stores.sums.put(key, value.value);
            },
          }),
        }),
      { maxCachedBytes: 1 },
    );
    await pipe('a', 1);
    await driver.crashAndRestart();
    await pipe('a', 2);
    expect(kinds).toEqual(['undefined', '1']);
  });

  it('processes records one by one, in order, whatever it waits for', async () => {
    const events: string[] = [];
    const log = embedded();
    const { driver, pipe, values } = start(
      (stream) =>
        stream.processValues({
          name: 'slow',
          value: json<string>(),
          create: ({ forward }) => ({
            async process({ key, value, timestampMs }) {
              events.push(`begin ${value.value}`);
              await new Promise((resolve) => setImmediate(resolve));
              forward({ key, value: `done ${value.value}`, timestampMs });
              events.push(`end ${value.value}`);
            },
          }),
        }),
      { log },
    );
    await pipe('a', 1);
    const records = new RecordBatchWriter();
    for (const value of [2, 3])
      records.append(Buffer.from('a'), Buffer.from(JSON.stringify({ at: 1, value })), 1);
    await log.writer().send([{ topic: 'readings', partition: 0, records: records.take() }]);
    await driver.settle();
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
    expect(await values()).toEqual(['done 1', 'done 2', 'done 3']);
  });

  it('passes on headers: those of the record, or those it gives', async () => {
    const { driver, records } = start((stream) =>
      stream.processValues({
        name: 'headers',
        create: ({ forward }) => ({
          process(record) {
            forward(record);
            forward({ ...record, headers: [['own', Buffer.from('1')]] });
            forward({ key: record.key, value: record.value, timestampMs: 9 });
          },
        }),
      }),
    );
    const headers = [['trace', Buffer.from('x')]] as const;
    await driver.input(readings).pipe({ at: 1, value: 1 }, { key: 'a', headers });
    const names = (await records()).map((record) => record.headers.map(([name]) => name));
    expect(names).toEqual([['trace'], ['own'], ['trace']]);
  });

  it('makes a dead letter of a record for which it forwards what is no time, and cuts fractions off', async () => {
    const { driver, pipe, records } = start((stream) =>
      stream.processValues({
        name: 'halves',
        create: ({ forward }) => ({
          process: (record) => forward({ ...record, timestampMs: record.value.value / 2 }),
        }),
      }),
    );
    for (const value of [3, 'text' as never, 4]) await pipe('a', 1, value);
    expect((await records()).map(({ timestampMs }) => timestampMs)).toEqual([1, 2]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('forwards to outputs of its own', async () => {
    const alerts = topic('alerts', { key: string(), value: json<{ hot: number }>() });
    const { driver, pipe, values } = start((stream) =>
      stream.processValues({
        name: 'triage',
        outputs: {
          alerts: processorOutput({ ...alerts, to: (hot) => hot.to(alerts) }),
        },
        create: ({ forward, forwardTo }) => ({
          process(record) {
            if (record.value.value < 100) forward(record);
            else forwardTo('alerts', { ...record, value: { hot: record.value.value } });
          },
        }),
      }),
    );
    await pipe('a', 1, 50);
    await pipe('a', 2, 150);
    expect(await values()).toEqual([{ at: 1, value: 50 }]);
    expect(await driver.output(alerts).readValues()).toEqual([{ hot: 150 }]);
  });

  it('shares a store between processors that name it', async () => {
    const { pipe, values } = start((stream) => {
      stream.processValues({
        name: 'writes',
        stores: { sums },
        create: ({ stores }) => ({ process: ({ key, value }) => stores.sums.put(key, value.value) }),
      });
      return stream.processValues({
        name: 'reads',
        stores: { sums },
        value: double(),
        create: ({ stores, forward }) => ({
          async process({ key, timestampMs }) {
            forward({ key, value: (await stores.sums.get(key)) ?? -1, timestampMs });
          },
        }),
      });
    });
    await pipe('a', 1, 5);
    expect(await values()).toEqual([5]);
  });

  it('gives all entries of a store, also while it deletes them', async () => {
    const { driver, pipe, values } = start(
      (stream) =>
        stream.processValues({
          name: 'flush',
          stores: { sums },
          value: json<string>(),
          create: ({ stores, forward }): Processor<string, Reading> => ({
            async process({ key, value, timestampMs }) {
              if (value.value > 0) return stores.sums.put(key, value.value);
              const found: string[] = [];
              for await (const entry of stores.sums.all()) {
                found.push(`${entry.key}=${entry.value}`);
                stores.sums.delete(entry.key);
              }
              forward({ key, value: found.sort().join(' '), timestampMs });
            },
          }),
        }),
      { maxCachedBytes: 1 },
    );
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['b', 4],
    ] as const)
      await pipe(key, 1, value);
    await pipe('x', 1, 0);
    await driver.crashAndRestart();
    await pipe('d', 1, 5);
    await pipe('x', 1, 0);
    expect(await values()).toEqual(['a=1 b=4 c=3', 'd=5']);
  });

  it('D14 keeps windows as long as asked, by stream time', async () => {
    const hours = windowStore({
      name: 'hours',
      key: string(),
      value: double(),
      windowMs: 10,
      retentionMs: 20,
    });
    const { driver, pipe, values } = start((stream) =>
      stream.processValues({
        name: 'hourly',
        stores: { hours },
        value: json<string>(),
        create: ({ stores, forward }): Processor<string, Reading> => ({
          async process({ key, value: { at, value }, timestampMs }) {
            const startMs = at - (at % 10);
            stores.hours.put(key, startMs, ((await stores.hours.fetch(key, startMs)) ?? 0) + value);
            const found: string[] = [];
            for await (const { key: at, value: sum } of stores.hours.fetchRange(key, {
              startMs: 0,
              endMs: 100,
            }))
              found.push(`${at.window.startMs}-${at.window.endMs}=${sum}`);
            forward({ key, value: found.join(' '), timestampMs });
          },
        }),
      }),
    );
    await pipe('a', 1, 1);
    await pipe('a', 12, 2);
    await pipe('a', 13, 3);
    await driver.crashAndRestart();
    await pipe('a', 30, 4);
    expect(await values()).toEqual(['0-10=1', '0-10=1 10-20=2', '0-10=1 10-20=5', '10-20=5 30-40=4']);
  });
});

describe('process, when something fails', () => {
  const failing = (process: Processor<string, Reading>['process']) => (stream: KStream<string, Reading>) =>
    stream.processValues({
      name: 'failing',
      create: ({ forward }) => ({
        async process(record, origin) {
          await process(record, origin);
          forward(record);
        },
      }),
    });

  it('sends the record to the dead letters, whether it threw at once or later', async () => {
    const { driver, pipe, values } = start(
      failing(async ({ value }) => {
        if (value.value === 1) throw new Error('at once');
        await Promise.resolve();
        if (value.value === 2) throw new Error('later');
      }),
    );
    for (const value of [1, 2, 3]) await pipe('a', value);
    expect(await values()).toEqual([{ at: 3, value: 3 }]);
    const letters = await driver.deadLetters.readAll();
    expect(letters).toHaveLength(2);
  });

  it('refuses another key where the key is to stay', async () => {
    const { pipe, values } = start(
      (stream) =>
        stream.processValues({
          name: 'keys',
          create: ({ forward }) => ({ process: (record) => forward({ ...record, key: 'other' }) }),
        }),
      { onProcessingFailure: 'fail' },
    );
    await expect(pipe('a', 1)).rejects.toThrow('another key');
    expect(await values()).toEqual([]);
  });

  it('refuses to forward what nothing waits for', async () => {
    let later: (() => void) | undefined;
    const { pipe } = start((stream) =>
      stream.processValues({
        name: 'late',
        create: ({ forward }) => ({
          process(record) {
            later = () => forward(record);
          },
        }),
      }),
    );
    await pipe('a', 1);
    expect(later).toThrow('nothing is processed');
  });
});

describe('punctuations', () => {
  const firing = (time: 'stream' | 'wallClock') => (stream: KStream<string, Reading>) =>
    stream.processValues({
      name: 'beat',
      value: json<string>(),
      create: ({ forward, schedule }) => {
        schedule({ name: 'beat', everyMs: 100, time }, (nowMs) =>
          forward({ key: 'beat', value: `fired at ${nowMs}`, timestampMs: nowMs }),
        );
        return {
          process: ({ key, value, timestampMs }) => forward({ key, value: `took ${value.at}`, timestampMs }),
        };
      },
    });

  it('fire by stream time, before the record that moved it, and neither again nor never over a crash', async () => {
    const { driver, pipe, values } = start(firing('stream'));
    await pipe('a', 50);
    await pipe('a', 120);
    await driver.crashAndRestart();
    await pipe('a', 130);
    await driver.crashAndRestart();
    await pipe('a', 250);
    expect(await values()).toEqual([
      'took 50',
      'fired at 120',
      'took 120',
      'took 130',
      'fired at 250',
      'took 250',
    ]);
  });

  it('fire by the wall clock; what was missed while nothing ran fires once', async () => {
    const { driver, pipe, values } = start(firing('wallClock'), { startMs: 1_000 });
    await pipe('a', 1);
    await driver.advanceWallClock(150);
    await driver.crashAndRestart();
    await driver.advanceWallClock(10);
    driver.clock.advance(1_000);
    await driver.crashAndRestart();
    await driver.advanceWallClock(1);
    expect(await values()).toEqual(['took 1', 'fired at 1150', 'fired at 2160']);
  });

  it.each(['stream', 'wallClock'] as const)('by %s time may be cancelled', async (time) => {
    const { driver, pipe, values } = start((stream) =>
      stream.processValues({
        name: 'beat',
        value: json<string>(),
        create: ({ forward, schedule }) => {
          const beat = schedule({ name: 'beat', everyMs: 100, time }, (nowMs) => {
            forward({ key: 'beat', value: 'once', timestampMs: nowMs });
            beat.cancel();
          });
          return { process: () => {} };
        },
      }),
    );
    for (const at of [50, 120, 330, 550]) {
      driver.clock.advance(110);
      await pipe('a', at);
    }
    expect(await values()).toEqual(['once']);
  });

  it.each([0, -1, Number.NaN])('refuse an interval of %d', (everyMs) => {
    const operator = process({
      name: 'beat',
      stores: {},
      globals: {},
      outputs: [],
      keepsKey: true,
      punctuations: null,
      prefetch: null,
      create: (context) => {
        (context as ProcessorContext<string, Reading, {}>).schedule(
          { name: 'never', everyMs, time: 'stream' },
          () => {},
        );
        return { process: () => {} };
      },
    });
    expect(() => new OperatorHarness(operator)).toThrow(
      `Cannot schedule punctuation never in beat: everyMs is ${everyMs}`,
    );
  });

  it('end the application when they throw', async () => {
    const { driver, pipe } = start((stream) =>
      stream.processValues({
        name: 'beat',
        create: ({ schedule }) => {
          schedule({ name: 'fails', everyMs: 100, time: 'wallClock' }, async () => {
            await Promise.resolve();
            throw new Error('no luck');
          });
          return { process: () => {} };
        },
      }),
    );
    await pipe('a', 1);
    await expect(driver.advanceWallClock(150)).rejects.toThrow(
      'Cannot run punctuation fails of beat at 1970-01-01T00:00:00.150Z: no luck',
    );
  });
});
