import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  json,
  keyValueStore,
  string,
  StreamsBuilder,
  topic,
  versionedKeyValueStore,
  type VersionedRecord,
} from '@hiveframe/streams';
import { drive, NOTHING_CACHED } from '../../../../test/support/tables.ts';

interface Command {
  readonly at: number;
  readonly do: 'put' | 'delete' | 'get' | 'versions' | 'nothing';
  readonly value?: string | null;
  /** Time of what is written, or asked for. */
  readonly time?: number;
  readonly until?: number;
}
const commands = topic('commands', { key: string(), value: json<Command>(), timestamp: 'at' });
const answers = topic('answers', { key: string(), value: json<unknown>() });
const prices = versionedKeyValueStore({
  name: 'prices',
  key: string(),
  value: string(),
  historyRetentionMs: 1_000,
});

const caches = [
  ['everything cached', {}],
  ['nothing cached', NOTHING_CACHED],
] as const;

/** value@from-to; an open end for the latest. */
function shortly(version: VersionedRecord<string> | undefined): string {
  return version === undefined
    ? 'none'
    : `${version.value}@${version.timestampMs}-${version.validToMs ?? ''}`;
}

function start(options = {}) {
  const builder = new StreamsBuilder();
  builder
    .stream(commands)
    .process({
      name: 'asking',
      stores: { prices },
      output: { key: string(), value: json<unknown>() },
      create: ({ stores, forward }) => ({
        async process({ key, value, timestampMs }) {
          const { time = 0, until = Infinity } = value;
          const answer = (said: unknown) => forward({ key, value: said, timestampMs });
          if (value.do === 'put') void stores.prices.put(key, value.value, time);
          if (value.do === 'delete') answer(shortly(await stores.prices.delete(key, time)));
          if (value.do === 'get') answer(shortly(await stores.prices.get(key, value.time)));
          if (value.do !== 'versions') return;
          const found: string[] = [];
          for await (const one of stores.prices.versions(key, { startMs: time, endMs: until }))
            found.push(shortly(one));
          answer(found);
        },
      }),
    })
    .to(answers);
  const driver = drive(builder, options);
  const input = driver.input(commands);
  return {
    driver,
    give: (command: Command, key = 'a') => input.pipe(command, { key }),
    put: (value: string | null, time: number, at = 500) =>
      input.pipe({ at, do: 'put', value, time }, { key: 'a' }),
    answers: () => driver.output(answers).readValues(),
  };
}

describe('versionedKeyValueStore', () => {
  it.each(caches)(
    'tells what held at a time, in whatever order it was written, over crashes, %s',
    async (_name, cache) => {
      const app = start(cache);
      await app.put('first', 100);
      await app.put('third', 300);
      await app.driver.crashAndRestart();
      await app.put('second', 200);
      await app.driver.crashAndRestart();
      for (const time of [99, 100, 199, 200, 299, 300, 450, undefined])
        await app.give({ at: 500, do: 'get', ...(time === undefined ? {} : { time }) });
      await app.give({ at: 500, do: 'get' }, 'b');
      expect(await app.answers()).toEqual([
        'none',
        'first@100-200',
        'first@100-200',
        'second@200-300',
        'second@200-300',
        'third@300-',
        'third@300-',
        'third@300-',
        'none',
      ]);
    },
  );

  it.each(caches)('deletes as of a time, and gives what held then, %s', async (_name, cache) => {
    const app = start(cache);
    await app.put('first', 100);
    await app.put('second', 300);
    await app.give({ at: 500, do: 'delete', time: 200 });
    await app.driver.crashAndRestart();
    await app.give({ at: 500, do: 'delete', time: 400 });
    await app.give({ at: 500, do: 'delete', time: 50 });
    await app.driver.crashAndRestart();
    for (const time of [150, 250, 350, 400]) await app.give({ at: 500, do: 'get', time });
    await app.give({ at: 500, do: 'get' });
    await app.put('between', 380);
    await app.put(null, 320);
    await app.give({ at: 500, do: 'versions' });
    expect(await app.answers()).toEqual([
      'first@100-300',
      'second@300-',
      'none',
      'first@100-200',
      'none',
      'second@300-400',
      'none',
      'none',
      ['first@100-200', 'second@300-320', 'between@380-400'],
    ]);
  });

  it('gives the versions of a span of time, in order', async () => {
    const app = start(NOTHING_CACHED);
    for (const [value, time] of [
      ['c', 300],
      ['a', 100],
      ['b', 200],
    ] as const)
      await app.put(value, time);
    await app.driver.crashAndRestart();
    await app.give({ at: 500, do: 'versions' });
    await app.give({ at: 500, do: 'versions', time: 150, until: 250 });
    await app.give({ at: 500, do: 'versions', time: 301 });
    expect(await app.answers()).toEqual([
      ['a@100-200', 'b@200-300', 'c@300-'],
      ['a@100-200', 'b@200-300'],
      ['c@300-'],
    ]);
  });

  it('keeps the history as long as it is told to, by stream time, and the latest value for ever', async () => {
    const app = start();
    await app.put('first', 100);
    await app.put('second', 200);
    await app.give({ at: 1_100, do: 'get', time: 100 });
    await app.give({ at: 1_150, do: 'get', time: 100 });
    await app.driver.crashAndRestart();
    await app.give({ at: 9_000, do: 'get', time: 199 });
    await app.give({ at: 9_000, do: 'get', time: 200 });
    await app.put('too late', 150, 9_000);
    await app.give({ at: 9_000, do: 'versions' });
    expect(await app.answers()).toEqual(['first@100-200', 'none', 'none', 'second@200-', ['second@200-']]);
  });

  it('says the same as the definition of what held, whatever comes when', async () => {
    const writes = fc.array(
      fc.record({
        value: fc.constantFrom('x', 'y', 'z', null),
        time: fc.integer({ min: 0, max: 40 }),
        crashes: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(writes, fc.constantFrom({}, NOTHING_CACHED), async (input, cache) => {
        const app = start(cache);
        const held = new Map<number, string | null>();
        for (const { value, time, crashes } of input) {
          held.set(time, value);
          await app.put(value, time, 50);
          if (crashes) await app.driver.crashAndRestart();
        }
        const times = [0, 7, 20, 33, 40];
        for (const time of times) await app.give({ at: 50, do: 'get', time });
        const expected = times.map((time) => {
          const last = Math.max(...[...held.keys()].filter((from) => from <= time));
          return held.get(last) ?? 'none';
        });
        const said = (await app.answers()) as string[];
        expect(said.map((one) => one.split('@')[0])).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('lets calls for one key take effect in the order they are made, whoever waits', async () => {
    const builder = new StreamsBuilder();
    builder.stream(commands).process({
      name: 'hasty',
      stores: { prices },
      create: ({ stores }) => ({
        process({ key, timestampMs }) {
          void stores.prices.put(key, 'one', timestampMs);
          void stores.prices.delete(key, timestampMs + 10);
          void stores.prices.put(key, 'two', timestampMs + 20);
        },
      }),
    });
    const driver = drive(builder, NOTHING_CACHED);
    for (const at of [100, 200]) await driver.input(commands).pipe({ at, do: 'nothing' }, { key: 'a' });
    await driver.crashAndRestart();
    const store = driver.versionedKeyValueStore(prices);
    expect(await store.get('a')).toEqual({ value: 'two', timestampMs: 220, validToMs: null });
    expect(await store.get('a', 205)).toEqual({ value: 'one', timestampMs: 200, validToMs: 210 });
    expect(await store.get('a', 215)).toBeUndefined();
    expect(await store.get('a', 150)).toEqual({ value: 'two', timestampMs: 120, validToMs: 200 });
  });

  it.each(['put', 'delete'] as const)(
    'takes a put of one processor and a %s of the next, whoever waits',
    async (what) => {
      const builder = new StreamsBuilder();
      builder
        .stream(commands)
        .process({
          name: 'first',
          stores: { prices },
          create: ({ stores, forward }) => ({
            process(record) {
              void stores.prices.put(record.key, 'one', record.timestampMs);
              forward(record);
            },
          }),
        })
        .process({
          name: 'second',
          stores: { prices },
          create: ({ stores }) => ({
            process({ key, timestampMs }) {
              if (what === 'put') void stores.prices.put(key, 'two', timestampMs + 100);
              else void stores.prices.delete(key, timestampMs + 100);
            },
          }),
        });
      const driver = drive(builder, NOTHING_CACHED);
      for (const at of [100, 200]) await driver.input(commands).pipe({ at, do: 'nothing' }, { key: 'other' });
      for (const at of [300, 500]) {
        await driver.crashAndRestart();
        await driver.input(commands).pipe({ at, do: 'nothing' }, { key: 'a' });
      }
      const store = driver.versionedKeyValueStore(prices);
      for (const at of [350, 550]) expect((await store.get('a', at))?.value).toBe('one');
      for (const at of [450, 650])
        expect((await store.get('a', at))?.value).toBe(what === 'put' ? 'two' : undefined);
    },
  );

  it('refuses what is no time, and a retention that is none', async () => {
    const app = start();
    await app.put('never', -1);
    const { reason } = (await app.driver.deadLetters.read())!;
    expect(reason.message).toContain('Cannot write to store prices: the time is -1');
    const serdes = { name: 'v', key: string(), value: string() };
    expect(() => versionedKeyValueStore({ ...serdes, historyRetentionMs: 0.5 })).toThrow(
      'Cannot declare store v: historyRetentionMs is 0.5',
    );
  });

  it('is what the driver reads a table with a history as, and no plain store', async () => {
    const plain = keyValueStore({ name: 'plain', key: string(), value: string() });
    const builder = new StreamsBuilder();
    const rows = topic('rows', { key: string(), value: string() });
    builder.table(rows, { name: 'rows', store: { historyRetentionMs: 1_000 } });
    builder.stream(commands).process({
      name: 'writing',
      stores: { plain },
      create: ({ stores }) => ({ process: ({ key }) => stores.plain.put(key, 'x') }),
    });
    const driver = drive(builder);
    await driver.input(rows).pipe('old', { key: 'a', timestampMs: 10 });
    await driver.input(rows).pipe('new', { key: 'a', timestampMs: 20 });
    const table = driver.versionedKeyValueStore<string, string>('rows');
    expect((await table.get('a', 15))?.value).toBe('old');
    expect(() => driver.versionedKeyValueStore<string, string>('plain')).toThrow(
      'Cannot read store plain-history',
    );
  });
});
