import { afterEach, describe, expect, it } from '@jest/globals';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import {
  inMemoryStores,
  keyValueStore,
  SerdeNotReadyError,
  string,
  StreamsBuilder,
  topic,
  type Serde,
} from '@hiveframe/streams';
import { FetchingSerde } from '../../test/support/fetching-serde.ts';
import { RecordingLogger } from '../../../../test/support/recording-logger.ts';

const open: TopologyTestDriver[] = [];
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

function start(serde: Serde<string>, options: TopologyTestDriverOptions = {}) {
  const input = topic('input', { key: string(), value: serde });
  const output = topic('output', { key: string(), value: string() });
  const builder = new StreamsBuilder();
  builder.stream(input).to(output);
  const driver = new TopologyTestDriver(builder.build(), options);
  open.push(driver);
  const pipe = (text: string) => driver.input(input).pipeBytes(Buffer.from(text), { key: Buffer.from('k') });
  return { driver, pipe, results: () => driver.output(output).readValues() };
}

describe('a record that its serde must fetch something for', () => {
  it('waits for it, once for all that need the same', async () => {
    const serde = new FetchingSerde();
    const { pipe, results } = start(serde);
    for (const text of ['a1', 'a2', 'b1', 'a3']) await pipe(text);
    expect(await results()).toEqual(['a1', 'a2', 'b1', 'a3']);
    expect(serde.fetches).toBe(2);
  });

  it('is a dead letter only when what was fetched says so', async () => {
    const serde = new FetchingSerde();
    const { driver, pipe, results } = start(serde);
    for (const text of ['a1', 'x1', 'a2']) await pipe(text);
    expect(await results()).toEqual(['a1', 'a2']);
    expect((await driver.deadLetters.readAll()).map(({ reason }) => reason.offset)).toEqual([1]);
  });

  it.each(['exactly_once', 'at_least_once', 'at_most_once'] as const)(
    'waits through an outage and a crash under %s, while what came before is committed',
    async (processingGuarantee) => {
      const serde = new FetchingSerde();
      const logger = new RecordingLogger();
      const { driver, pipe, results } = start(serde, { processingGuarantee, logger });
      await pipe('a1');
      serde.isAway = true;
      await pipe('b1');
      await driver.advanceWallClock(30_000);
      expect(await results()).toEqual(['a1']);
      expect(logger.with('Task 0_0 waits: The letters are away. Again in')).not.toEqual([]);
      if (processingGuarantee === 'exactly_once') await driver.crashAndRestart();
      serde.isAway = false;
      await driver.advanceWallClock(30_000);
      await pipe('a2');
      expect(await results()).toEqual(['b1', 'a2']);
      expect(await driver.deadLetters.isEmpty()).toBe(true);
    },
  );

  it('does not hold a rebalance up', async () => {
    const serde = new FetchingSerde();
    const { driver, pipe, results } = start(serde, { numPartitions: 2 });
    await pipe('a1');
    serde.isAway = true;
    await pipe('b1');
    await driver.addInstance();
    serde.isAway = false;
    await driver.advanceWallClock(30_000);
    expect(await results()).toEqual(['a1', 'b1']);
  });

  it('ends the application when fetching fails for another reason than that it is away', async () => {
    const serde: Serde<string> = {
      serialize: (value) => Buffer.from(value),
      deserialize() {
        throw new SerdeNotReadyError('Not yet.', () => Promise.reject(new TypeError('a bug')));
      },
    };
    const { pipe } = start(serde);
    await expect(pipe('a')).rejects.toThrow('a bug');
  });
});

describe('state whose serde must fetch something', () => {
  it('is read when that is there, whether by key or whole', async () => {
    const stores = inMemoryStores();
    const serde = new FetchingSerde();
    const texts = keyValueStore({ name: 'texts', key: string(), value: serde });
    const input = topic('input', { key: string(), value: string() });
    const output = topic('output', { key: string(), value: string() });
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .process<string, string, { texts: typeof texts }>({
        name: 'keep',
        stores: { texts },
        output: { key: string(), value: string() },
        create: ({ stores: own, forward }) => ({
          async process({ key, value, timestampMs }) {
            const before = await own.texts.get(key);
            const all: string[] = [];
            for await (const entry of own.texts.all()) all.push(entry.value);
            own.texts.put(key, value);
            forward({ key, value: `${before} ${all.toSorted().join()}`, timestampMs });
          },
        }),
      })
      .to(output);
    const driver = new TopologyTestDriver(builder.build(), { stores });
    open.push(driver);
    await driver.input(input).pipe('a1', { key: 'k' });
    await driver.input(input).pipe('b1', { key: 'l' });
    await driver.crashAndRestart(); // nothing is cached, and the store is read, not replayed
    await driver.input(input).pipe('a2', { key: 'k' });
    expect(await driver.output(output).readValues()).toEqual(['undefined ', 'undefined a1', 'a1 a1,b1']);
    expect(serde.fetches).toBe(2);
    expect(serde.prepared).toContain('test-texts-changelog/value');
  });
});

describe('the serdes of what an application writes', () => {
  it('are prepared before it starts, and again when that failed', async () => {
    const serde = new FetchingSerde();
    const input = topic('input', { key: string(), value: string() });
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .groupByKey({ name: 'by-key', value: serde })
      .reduce({ reducer: (_, value) => value, store: { value: serde } })
      .toStream()
      .mapValues((value) => value!)
      .to(topic('output', { key: serde, value: serde }));
    serde.isAway = true;
    const driver = new TopologyTestDriver(builder.build());
    await expect(driver.settle()).rejects.toThrow('The letters are away.');
    expect(serde.prepared).toEqual([]);
  });
});
