import { describe, expect, it } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import {
  inMemoryStores,
  json,
  RecordBatchWriter,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  tumbling,
  type StateChange,
  type StorePort,
  type StreamsConfig,
} from '@hiveframe/streams';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

interface Event {
  at: number;
}
const events = topic('events', { key: string(), value: json<Event>(), timestamp: 'at' });
const counts = topic('counts', { key: string(), value: json<number>() });

function drive(builder: StreamsBuilder): TopologyTestDriver {
  const driver = new TopologyTestDriver(builder.build());
  afterTest(() => driver[Symbol.asyncDispose]());
  return driver;
}

describe('D3 time, for operators behind operators that hold or emit later', () => {
  it('does not run ahead of what an asynchronous operator holds', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(events)
      .mapValuesAsync(async (event) => event, { name: 'look-up', concurrency: 4, timeoutMs: 1_000 })
      .groupByKey({ name: 'tens' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final', late: 'deadLetter' })
      .count()
      .toStream()
      .map((n, { key }) => ({ key, value: n }))
      .to(counts);
    const log = embedded();
    const driver = new TopologyTestDriver(builder.build(), { log });
    afterTest(() => driver[Symbol.asyncDispose]());
    await driver.settle();
    const batch = new RecordBatchWriter();
    for (const at of [1, 5, 8, 12, 15, 22, 25, 31]) {
      batch.append(Buffer.from('k'), Buffer.from(JSON.stringify({ at })), at);
    }
    await log.writer().send([{ topic: 'events', partition: 0, records: batch.take() }]);
    await driver.settle();
    expect(await driver.output(counts).readValues()).toEqual([3, 2, 2]);
    expect(await driver.deadLetters.readAll()).toEqual([]);
  });

  it('is not held back by an operator on another branch, which has not emitted yet', async () => {
    const builder = new StreamsBuilder();
    const stream = builder.stream(events);
    stream
      .groupByKey({ name: 'beside' })
      .count()
      .to(topic('beside', { key: string(), value: json<number>() }));
    stream
      .groupByKey({ name: 'tens' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final', late: 'deadLetter' })
      .count()
      .toStream()
      .map((n, { key }) => ({ key, value: n }))
      .to(counts);
    const log = embedded();
    const driver = new TopologyTestDriver(builder.build(), { log });
    afterTest(() => driver[Symbol.asyncDispose]());
    await driver.settle();
    const batch = new RecordBatchWriter();
    for (const at of [1, 25, 2]) {
      batch.append(Buffer.from('k'), Buffer.from(JSON.stringify({ at })), at);
    }
    await log.writer().send([{ topic: 'events', partition: 0, records: batch.take() }]);
    await driver.settle();
    expect(await driver.output(counts).readValues()).toEqual([1]);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it.each(['final', 'updates'] as const)(
    'does not run ahead of windows that emit %s, also over a crash',
    async (emit) => {
      const builder = new StreamsBuilder();
      builder
        .stream(events)
        .groupByKey({ name: 'first' })
        .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit })
        .count()
        .toStream()
        .groupByKey({ name: 'second' })
        .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final', late: 'deadLetter' })
        .reduce({ reducer: (_old, latest) => latest })
        .toStream()
        .map((n, { key }) => ({ key: key.key, value: n }))
        .to(counts);
      const driver = drive(builder);
      for (const at of [1, 2, 3, 14, 15, 26, 40]) {
        await driver.input(events).pipe({ at }, { key: 'k' });
        await driver.crashAndRestart();
      }
      expect(await driver.output(counts).readValues()).toEqual([3, 2, 1]);
      expect(await driver.deadLetters.readAll()).toEqual([]);
    },
  );
});

describe('a commit that a processor asks for', () => {
  it('does not wait for the interval', async () => {
    const log = await cluster({ events: 1, counts: 1 });
    const builder = new StreamsBuilder();
    builder
      .stream(events)
      .processValues({
        name: 'pass',
        value: json<number>(),
        create: ({ forward, commit }) => ({
          process({ key, value, timestampMs }) {
            forward({ key, value: value.at, timestampMs });
            if (value.at === 2) commit();
          },
        }),
      })
      .to(counts);
    const app = run(builder, log, { commitIntervalMs: 50_000, transactionTimeoutMs: 60_000 });
    await app.start();
    const numbers = async () => (await readNumbers(log, 'counts')).get('a') ?? [];
    await writeEvents(log, 'events', [['a', 1]]);
    await writeEvents(log, 'events', [['a', 2]]);
    await eventually(async () => (await numbers()).length > 0, 'a commit');
    expect(await numbers()).toEqual([1, 2]);
  });
});

describe('a record whose aggregator throws', () => {
  it('leaves no entry behind', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(events)
      .groupByKey({ name: 'sums' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0, emit: 'final' })
      .aggregate({
        initializer: () => 0,
        aggregator: (n, _event, key) => {
          if (key === 'bad') throw new Error('bad');
          return n + 1;
        },
      })
      .toStream()
      .map((n, { key }) => ({ key, value: n }))
      .to(counts);
    const driver = drive(builder);
    await driver.input(events).pipe({ at: 1 }, { key: 'bad' });
    await driver.input(events).pipe({ at: 1 }, { key: 'good' });
    await driver.input(events).pipe({ at: 99 }, { key: 'good' });
    expect((await driver.output(counts).readAll()).map(({ key }) => key)).toEqual(['good']);
  });
});

/** In batches of 500, as a producer would. */
async function writeEvents(
  log: EmbeddedLog,
  name: string,
  records: readonly (readonly [key: string, at: number])[],
) {
  for (let from = 0; from < records.length; from += 500) {
    const batch = records.slice(from, from + 500);
    await write(
      log,
      { topic: name, partition: 0 },
      batch.map(([key, at]) => ({ key, value: JSON.stringify({ at }), timestampMs: at })),
    );
  }
}
async function lastCounts(log: EmbeddedLog): Promise<Map<string, number>> {
  return new Map(Array.from(await readNumbers(log, 'counts'), ([key, all]) => [key, all.at(-1)!]));
}
function run(builder: StreamsBuilder, log: EmbeddedLog, config: Partial<StreamsConfig> = {}): StreamsApp {
  const app = new StreamsApp(builder.build(), {
    applicationId: 'app',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 5,
    ...config,
    log: log.share(),
  });
  afterTest(() => app.stop({ timeoutMs: 5_000 }).catch(() => {}));
  return app;
}
function counting(): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder
    .stream(events)
    .groupByKey({ name: 'per-key' })
    .count()
    .toStream()
    .mapValues((n) => n ?? 0)
    .to(counts);
  return builder;
}

/** Answers reads after a while, so that commits and reads overlap. */
function slowStores(): StorePort {
  const stores = inMemoryStores();
  return {
    name: 'slow',
    durable: false,
    connect: () => stores.connect(),
    reader: (id) => stores.reader(id),
    close: () => stores.close(),
    open: async (id, spec) => {
      const partition = await stores.open(id, spec);
      const getMany: typeof partition.getMany = async (segment, keys) => {
        await new Promise((resolve) => setTimeout(resolve, 1 + (keys.length % 7)));
        return partition.getMany(segment, keys);
      };
      return new Proxy(partition, {
        get: (target, name) => {
          if (name === 'getMany') return getMany;
          const member: unknown = Reflect.get(target, name, target);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    },
  };
}

describe('a task over a running loop', () => {
  it('loses no count when entries are forgotten and read again while commits go on', async () => {
    const log = await cluster({ events: 1, counts: 1 });
    const records = Array.from({ length: 6_000 }, (_, i) => [`k${(i * 7919) % 150}`, i] as const);
    const expected = new Map<string, number>();
    for (const [key] of records) expected.set(key, (expected.get(key) ?? 0) + 1);
    await run(counting(), log, { maxCachedBytes: 8_000, stores: slowStores() }).start();
    for (let from = 0; from < records.length; from += 300) {
      await writeEvents(log, 'events', records.slice(from, from + 300));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const total = (found: Map<string, number>) => [...found.values()].reduce((sum, n) => sum + n, 0);
    await eventually(async () => total(await lastCounts(log)) >= records.length, 'everything counted');
    expect(await lastCounts(log)).toEqual(expected);
  }, 30_000);

  it('commits by bytes before the interval has passed', async () => {
    const log = await cluster({ events: 1, counts: 1 });
    await run(counting(), log, { commitIntervalMs: 9_000, maxPendingBytes: 20_000 }).start();
    await writeEvents(
      log,
      'events',
      Array.from({ length: 500 }, (_, i) => [`k${i}`, i] as const),
    );
    await eventually(async () => (await lastCounts(log)).size > 0, 'a commit');
  });

  it('does not stall when one of two merged inputs is far larger', async () => {
    const log = await cluster({ events: 1, others: 1, counts: 1 });
    await writeEvents(
      log,
      'events',
      Array.from({ length: 20_000 }, (_, i) => ['large', 1_000_000 + i] as const),
    );
    await writeEvents(
      log,
      'others',
      Array.from({ length: 3_000 }, (_, i) => ['small', i] as const),
    );
    const builder = new StreamsBuilder();
    builder
      .stream(events)
      .merge(builder.stream(topic('others', { key: string(), value: json<Event>(), timestamp: 'at' })))
      .groupByKey({ name: 'both' })
      .count()
      .toStream()
      .mapValues((n) => n ?? 0)
      .to(counts);
    await run(builder, log, { maxBufferedBytes: 60_000 }).start();
    await eventually(async () => (await lastCounts(log)).get('large') === 20_000, 'the large one');
    expect((await lastCounts(log)).get('small')).toBe(3_000);
  }, 30_000);

  it('says loudly that retention removed records, and goes on behind them', async () => {
    const log = await cluster({ events: 1, counts: 1 });
    await writeEvents(
      log,
      'events',
      Array.from({ length: 10 }, (_, i) => ['k', i] as const),
    );
    const first = run(counting(), log);
    await first.start();
    await eventually(async () => (await lastCounts(log)).get('k') === 10, 'the first ten');
    await first.stop();
    await writeEvents(
      log,
      'events',
      Array.from({ length: 10 }, (_, i) => ['k', i] as const),
    );
    await log.admin.deleteRecords([{ topic: 'events', partition: 0, offset: 15 }]);
    const lines: string[] = [];
    const logger = { log: (level: string, text: string) => void (level === 'error' && lines.push(text)) };
    await run(counting(), log, { logger }).start();
    await eventually(async () => (await lastCounts(log)).get('k') === 15, 'the last five');
    expect(lines).toEqual([expect.stringMatching(/^Records 10 to 14 of events-0 were removed by retention/)]);
  });

  it('ends in error, at once, for what starting over cannot mend', async () => {
    const log = await cluster({ events: 1, counts: 1 });
    const builder = new StreamsBuilder();
    const failing = { ...json<number>(), serialize: () => new Error('x') as never };
    builder
      .stream(events)
      .groupByKey({ name: 'unserializable' })
      .aggregate({ initializer: () => 0, aggregator: (n) => n + 1, store: { value: failing } })
      .toStream()
      .mapValues((n) => n ?? 0)
      .to(counts);
    const app = run(builder, log);
    const ended = new Promise<StateChange>((resolve) => {
      app.listen({ onStateChange: (change) => change.to === 'error' && resolve(change) });
    });
    await app.start();
    await writeEvents(log, 'events', [['k', 1]]);
    expect((await ended).error).toHaveProperty('message');
  });
});
