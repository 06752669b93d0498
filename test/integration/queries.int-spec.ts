/** Queries over HTTP of a service with two instances, on real Kafka. With stores in Redis each answers every key, also when the other is
 *  gone; with stores in memory the one that has it is asked. While records come, and transactions are committed ten times a second, no
 *  answer ever tells less than one before it from the same instance, nor more than was written. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  json,
  partitionFor,
  RecordBatchWriter,
  storeRef,
  string,
  topic,
  type LogPort,
  type LogWriter,
  type ReadOnlyKeyValueStore,
  type StorePort,
  type StreamsBuilder,
} from '@hiveframe/streams';
import { StreamsClient, type AnswerInfo } from '@hiveframe/streams/client';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import {
  StreamsHealth,
  StreamsModule,
  StreamsQueriesModule,
  StreamTopology,
  type TopologyDefinition,
} from '@hiveframe/streams-nestjs';
import { redis } from '@hiveframe/streams-redis';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { redisUrl } from '../support/redis.ts';

jest.setTimeout(120_000);

const brokers = await kafkaBrokers();
const url = await redisUrl();
const PARTITIONS = 4;
const KEYS = Array.from({ length: 40 }, (_, i) => `sensor-${i}`);
const ROUNDS = 30;
const run = randomUUID().slice(0, 8);
const readings = topic(`queries-${run}`, { key: string(), value: json<number>() });
const counts = storeRef<ReadOnlyKeyValueStore<string, number>>('counts');

@StreamTopology()
class CountTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    builder.stream(readings).groupByKey({ name: 'by-sensor' }).count().storedAs(counts);
  }
}

interface Instance {
  readonly nest: INestApplication;
  readonly client: StreamsClient;
  readonly lags: (number | null)[];
}

(brokers === undefined || url === undefined ? describe.skip : describe)('queries of two instances', () => {
  let log: LogPort;
  let writer: LogWriter;
  let instances: Instance[];
  let applicationId: string;

  beforeEach(async () => {
    instances = [];
    applicationId = `queries-${randomUUID()}`;
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create([{ topic: readings.name, numPartitions: PARTITIONS }]);
    writer = log.writer();
  });
  afterEach(async () => {
    await Promise.all(instances.map(({ nest }) => nest.close()));
    await log.admin.deleteTopics([readings.name, `${applicationId}-counts-changelog`]);
    await log.close(5_000);
  });

  async function start(stores?: StorePort): Promise<Instance> {
    const port = await freePort();
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({
          applicationId,
          log: kafkajs({ brokers: brokers!.split(',') }),
          processingGuarantee: 'exactly_once',
          applicationServer: `127.0.0.1:${port}`,
          ...(stores && { stores }),
        }),
        StreamsQueriesModule.register(),
      ],
      providers: [CountTopology],
    }).compile();
    const nest = module.createNestApplication(new FastifyAdapter(), { logger: ['fatal'] });
    await nest.listen(port, '127.0.0.1');
    await eventually('the instance runs', () => nest.get(StreamsHealth).ready().status === 'up');
    const lags: (number | null)[] = [];
    const onAnswer = ({ lagOffsets }: AnswerInfo) => lags.push(lagOffsets);
    const client = new StreamsClient({ baseUrl: `http://127.0.0.1:${port}`, onAnswer, maxAttempts: 20 });
    const instance = { nest, client, lags };
    instances.push(instance);
    return instance;
  }

  /** One record of each key. */
  async function sendRound(): Promise<void> {
    const batches = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
    for (const key of KEYS)
      batches[partitionFor(Buffer.from(key), PARTITIONS)]!.append(
        Buffer.from(key),
        Buffer.from('1'),
        Date.now(),
      );
    await writer.send(
      batches.flatMap((batch, partition) => {
        const records = batch.take();
        return records.count === 0 ? [] : [{ topic: readings.name, partition, records }];
      }),
    );
  }

  it.each([
    ['Redis', (): StorePort => redis({ url: url! })],
    ['memory', (): StorePort | undefined => undefined],
  ] as const)('answers every key from each, while records come, with stores in %s', async (_, stores) => {
    for (let n = 0; n < 2; n++) await start(stores());
    let sent = 0;
    const seen = instances.map(() => new Map<string, number>());
    for (; sent < ROUNDS;) {
      sent++;
      await sendRound();
      for (const [n, { client }] of instances.entries())
        for (const [key, count] of await client.store(counts).getMany(KEYS)) {
          expect(count).toBeGreaterThanOrEqual(seen[n]!.get(key) ?? 0);
          expect(count).toBeLessThanOrEqual(sent);
          seen[n]!.set(key, count);
        }
    }
    for (const { client, lags } of instances) {
      await eventually('all is counted', async (): Promise<boolean> => {
        const found = await client.store(counts).getMany(KEYS);
        return KEYS.every((key) => found.get(key) === ROUNDS);
      });
      const all = [];
      for await (const { key } of client.store(counts).all()) all.push(key);
      expect(all.toSorted()).toEqual(KEYS.toSorted());
      expect(lags.findLast((lag) => lag !== null)).toBeLessThanOrEqual(1); // null while the log does not tell
    }
  });

  it('goes on to answer every key from Redis when the other instance is gone', async () => {
    const [one, two] = [await start(redis({ url: url! })), await start(redis({ url: url! }))];
    await sendRound();
    await eventually(
      'all is counted',
      async () => (await one.client.store(counts).getMany(KEYS)).size === KEYS.length,
    );
    instances = [one];
    const closing = two.nest.close();
    for (let n = 0; n < 20; n++)
      expect((await one.client.store(counts).getMany(KEYS)).size).toBe(KEYS.length);
    await closing;
    expect((await one.client.store(counts).getMany(KEYS)).size).toBe(KEYS.length);
  });
});
