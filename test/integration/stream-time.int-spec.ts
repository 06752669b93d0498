/** What follows from stream time alone, on real brokers and stores: early results of windows, a processor's punctuations that records
 *  schedule, and values as of a time. Over a crash in the middle all of it is what it is without one. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  json,
  keyValueStore,
  RecordBatchWriter,
  RecordCursor,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeoutError,
  topic,
  tumbling,
  versionedKeyValueStore,
  type LogPort,
  type Topology,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { redisUrl } from '../support/redis.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(240_000);

const brokers = await kafkaBrokers();
const url = await redisUrl();
const KEYS = 10;
const RECORDS = 1_500;
const LAST = 'last';

interface Reading {
  readonly at: number;
  readonly value: number;
}
type Given = readonly [key: string, reading: Reading];

function input(): Given[] {
  const readings = Array.from({ length: RECORDS }, (_, i): Given => {
    const at = i * 5 + ((i * 7_919) % 40); // somewhat out of order
    return [`k${(i * 31) % KEYS}`, { at, value: i % 17 }];
  });
  return [...readings, [LAST, { at: RECORDS * 5 + 100_000, value: 0 }]];
}

function topics(id: string) {
  return {
    readings: topic(`${id}-readings`, {
      key: string(),
      value: json<Reading>(),
      timestamp: 'at',
      watermark: { delayMs: 50 },
    }),
    results: topic(`${id}-results`, { key: string(), value: json<unknown>() }),
  };
}

function topology({ readings, results }: ReturnType<typeof topics>): Topology {
  const builder = new StreamsBuilder();
  const stream = builder.stream(readings);
  stream
    .groupByKey({ name: 'totals' })
    .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 100, emit: { everyMs: 150 } })
    .count()
    .toStream()
    .map((count, { key, window }) => ({ key: `${key} in ${window.startMs}`, value: count as unknown }))
    .to(results);
  const values = versionedKeyValueStore({
    name: 'values',
    key: string(),
    value: json<number>(),
    historyRetentionMs: 2_000,
  });
  const fired = keyValueStore({ name: 'fired', key: string(), value: json<number>() });
  stream
    .process({
      name: 'remember',
      keepsPunctuations: true,
      stores: { values, fired },
      output: { key: string(), value: json<unknown>() },
      create: ({ stores, schedule, scheduled, forward }) => ({
        async process({ key, value: { at, value }, timestampMs }) {
          await stores.values.put(key, value, at);
          const before = await stores.values.get(key, Math.max(0, at - 300));
          forward({ key: `${key} before`, value: [at, before?.value ?? null], timestampMs });
          if (value === 3) schedule({ name: key, everyMs: 400, time: 'stream' });
        },
        async punctuate(name, nowMs) {
          const count = ((await stores.fired.get(name)) ?? 0) + 1;
          stores.fired.put(name, count);
          if (count % 3 === 0) scheduled(name)?.cancel();
          forward({ key: `${name} fired`, value: [count, nowMs], timestampMs: nowMs });
        },
      }),
    })
    .to(results);
  return builder.build();
}

type Results = Readonly<Record<string, unknown[]>>;

async function expected(): Promise<Results> {
  const { readings, results } = topics('expected');
  await using driver = new TopologyTestDriver(topology({ readings, results }));
  const feed = driver.input(readings);
  for (const [key, reading] of input()) await feed.pipe(reading, { key });
  return byKey((await driver.output(results).readAll()).map(({ key, value }) => [key, value]));
}

function byKey(given: readonly (readonly [key: string, value: unknown])[]): Results {
  const found: Record<string, unknown[]> = {};
  for (const [key, value] of given) (found[key] ??= []).push(value);
  return found;
}

/** Stops without time: what is under way is aborted. */
async function giveUp(app: StreamsApp): Promise<void> {
  await app.stop({ timeoutMs: 0 }).catch((error: unknown) => {
    if (!(error instanceof TimeoutError)) throw error;
  });
}

(brokers === undefined || url === undefined ? describe.skip : describe)(
  'stream time on Kafka and Redis',
  () => {
    const apps: StreamsApp[] = [];
    let log: LogPort;

    afterEach(async () => {
      await Promise.allSettled(apps.splice(0).map((app) => app.stop({ timeoutMs: 5_000 })));
      await log.close(5_000);
    });

    async function write(to: string, given: readonly Given[]): Promise<void> {
      const writer = log.writer();
      const batch = new RecordBatchWriter();
      for (const [key, reading] of given)
        batch.append(Buffer.from(key), Buffer.from(JSON.stringify(reading)), reading.at);
      await writer.send([{ topic: to, partition: 0, records: batch.take() }]);
      await writer.close();
    }

    async function read(from: string): Promise<Results> {
      const at = { topic: from, partition: 0 };
      const [end] = await log.admin.offsets([at], 'lastStable');
      const reader = log.reader({ isolation: 'read_committed' });
      reader.assign(at, 0);
      const given: [string, unknown][] = [];
      const cursor = new RecordCursor();
      for (let offset = 0; offset < end!.offset;) {
        for (const fetched of await reader.poll({ maxWaitMs: 500 })) {
          cursor.reset(fetched.batches, fetched.fromOffset);
          while (cursor.next())
            given.push([cursor.key()!.toString(), JSON.parse(cursor.value()!.toString()) as unknown]);
          offset = fetched.nextOffset;
        }
      }
      await reader.close();
      return byKey(given);
    }

    async function run(
      id: string,
      of: ReturnType<typeof topics>,
      maxCachedBytes: number,
    ): Promise<StreamsApp> {
      const app = new StreamsApp(topology(of), {
        applicationId: id,
        log: kafkajs({ brokers: brokers!.split(',') }),
        stores: redis({ url: url! }),
        processingGuarantee: 'exactly_once',
        maxCachedBytes,
        logger: new RecordingLogger(),
      });
      apps.push(app);
      await app.start();
      return app;
    }

    it.each([
      ['everything cached', 64 * 1024 * 1024],
      ['nothing cached', 1],
    ])('gives over a crash what it gives without one, %s', async (_name, maxCachedBytes) => {
      const id = `stream-time-${randomUUID()}`;
      const of = topics(id);
      log = kafkajs({ brokers: brokers!.split(',') });
      await log.connect();
      await log.admin.create(
        [of.readings, of.results].map(({ name }) => ({
          topic: name,
          numPartitions: 1,
          config: KEEPS_OLD_RECORDS,
        })),
      );
      const given = input();
      const half = given.length / 2;
      await write(of.readings.name, given.slice(0, half));
      const first = await run(id, of, maxCachedBytes);
      await eventually('results', async () => Object.keys(await read(of.results.name)).length > KEYS);
      await giveUp(first);
      await write(of.readings.name, given.slice(half));
      await run(id, of, maxCachedBytes);
      await eventually('the last result', async () => `${LAST} before` in (await read(of.results.name)));
      expect(await read(of.results.name)).toEqual(await expected());
    });
  },
);
