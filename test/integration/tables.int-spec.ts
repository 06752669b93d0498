/** Tables on real brokers and stores: a join by foreign key, whose rows travel between partitions, and what a suppression holds back,
 *  over a crash of the application. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  json,
  partitionFor,
  RecordBatchWriter,
  RecordCursor,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeoutError,
  topic,
  tumbling,
  type LogPort,
  type LogWriter,
  type Topic,
  type Topology,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { redisUrl } from '../support/redis.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(240_000);

const brokers = await kafkaBrokers();
const url = await redisUrl();
const ORDERS = 400;
const CUSTOMERS = 20;

interface Order {
  readonly customer: string;
  readonly amount: number;
}

/** Stops without time: what is under way is aborted. */
async function giveUp(app: StreamsApp): Promise<void> {
  await app.stop({ timeoutMs: 0 }).catch((error: unknown) => {
    if (!(error instanceof TimeoutError)) throw error;
  });
}

(brokers === undefined || url === undefined ? describe.skip : describe)('tables on Kafka and Redis', () => {
  let log: LogPort;
  let writer: LogWriter;
  let id: string;
  let apps: StreamsApp[];

  beforeEach(async () => {
    id = `tables-${randomUUID()}`;
    apps = [];
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    writer = log.writer();
  });
  afterEach(async () => {
    await Promise.allSettled(apps.map((app) => app.stop({ timeoutMs: 5_000 })));
    await writer.close();
    await log.close(5_000);
  });

  const create = (counts: Readonly<Record<string, number>>) =>
    log.admin.create(
      Object.entries(counts).map(([name, numPartitions]) => ({
        topic: `${id}-${name}`,
        numPartitions,
        config: KEEPS_OLD_RECORDS,
      })),
    );

  async function put<V>(
    to: Topic<string, V>,
    numPartitions: number,
    rows: readonly (readonly [key: string, value: V | null, timestampMs: number])[],
  ): Promise<void> {
    const context = { topic: to.name, part: 'value', headers: () => [] } as const;
    const batches = new Map<number, RecordBatchWriter>();
    for (const [key, value, timestampMs] of rows) {
      const keyBytes = Buffer.from(key);
      const partition = partitionFor(keyBytes, numPartitions);
      const batch = batches.get(partition) ?? new RecordBatchWriter();
      batches.set(partition, batch);
      batch.append(keyBytes, value === null ? null : to.value.serialize(value, context), timestampMs);
    }
    await writer.send(
      Array.from(batches, ([partition, batch]) => ({ topic: to.name, partition, records: batch.take() })),
    );
  }

  /** All that is committed, by key in order. */
  async function read<V>(from: Topic<string, V>, numPartitions: number): Promise<Map<string, (V | null)[]>> {
    const found = new Map<string, (V | null)[]>();
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({
      topic: from.name,
      partition,
    }));
    const ends = await log.admin.offsets(partitions, 'lastStable');
    const reader = log.reader({ isolation: 'read_committed' });
    for (const at of partitions) reader.assign(at, 0);
    const missing = new Map(
      ends.filter(({ offset }) => offset > 0).map((one) => [one.partition, one.offset]),
    );
    const cursor = new RecordCursor();
    const context = { topic: from.name, part: 'value', headers: () => [] } as const;
    while (missing.size > 0) {
      for (const fetched of await reader.poll({ maxWaitMs: 500 })) {
        cursor.reset(fetched.batches, fetched.fromOffset);
        while (cursor.next()) {
          const key = cursor.key()!.toString();
          const value = cursor.value();
          const all = found.get(key) ?? [];
          found.set(key, all);
          all.push(value === null ? null : from.value.deserialize(value, context));
        }
        if (fetched.nextOffset >= missing.get(fetched.partition)!) missing.delete(fetched.partition);
      }
    }
    await reader.close();
    return found;
  }

  async function run(topology: Topology): Promise<StreamsApp> {
    const app = new StreamsApp(topology, {
      applicationId: id,
      log: kafkajs({ brokers: brokers!.split(',') }),
      stores: redis({ url: url! }),
      processingGuarantee: 'exactly_once',
      logger: new RecordingLogger(),
    });
    apps.push(app);
    await app.start();
    return app;
  }

  it('joins by foreign key between topics of different partition counts, and goes on after a stop in the middle', async () => {
    await create({ orders: 3, customers: 2, named: 3 });
    const orders = topic(`${id}-orders`, { key: string(), value: json<Order>() });
    const customers = topic(`${id}-customers`, { key: string(), value: json<string>() });
    const named = topic(`${id}-named`, { key: string(), value: json<string>() });
    const topology = (): Topology => {
      const builder = new StreamsBuilder();
      builder
        .table(orders, { name: 'orders' })
        .leftJoin(builder.table(customers, { name: 'customers' }), {
          name: 'named',
          foreignKey: ({ customer }) => customer,
          joiner: ({ amount }, name) => `${amount} ${name ?? '-'}`,
        })
        .to(named);
      return builder.build();
    };
    const order = (i: number, shift: number) =>
      [`o${i}`, { customer: `c${(i + shift) % CUSTOMERS}`, amount: i + shift }, i] as const;
    const all = Array.from({ length: ORDERS }, (_, i) => i);
    const first = await run(topology());
    await put(
      orders,
      3,
      all.map((i) => order(i, 0)),
    );
    await put(
      customers,
      2,
      Array.from({ length: CUSTOMERS }, (_, i) => [`c${i}`, `n${i}`, 0] as const),
    );
    await eventually('orders were joined', async () => (await read(named, 3)).size === ORDERS, {
      timeoutMs: 60_000,
    });
    await put(
      orders,
      3,
      all.map((i) => order(i, 1)),
    ); // all name another customer now
    await giveUp(first);
    await run(topology());
    await put(customers, 2, [
      ['c3', null, 0],
      ['c4', 'changed', 0],
    ]);
    await put(orders, 3, [['o7', null, 0]]);
    const expected = new Map<string, string | null>(
      all.map((i) => {
        const to = (i + 1) % CUSTOMERS;
        const name = to === 3 ? '-' : to === 4 ? 'changed' : `n${to}`;
        return [`o${i}`, `${i + 1} ${name}`];
      }),
    );
    expected.set('o7', null);
    let last = new Map<string, string | null>();
    await eventually(
      'every order is joined with the customer it names',
      async () => {
        last = new Map(Array.from(await read(named, 3), ([key, values]) => [key, values.at(-1)!]));
        return [...expected].every(([key, value]) => last.get(key) === value);
      },
      { timeoutMs: 90_000 },
    ).catch(() => {});
    expect(last).toEqual(expected);
  });

  it('suppresses windows until they close: one exact result for each, also over a stop in the middle', async () => {
    await create({ clicks: 2, closed: 2 });
    const clicks = topic(`${id}-clicks`, { key: string(), value: json<number>() });
    const closed = topic(`${id}-closed`, { key: string(), value: json<number>() });
    const topology = (): Topology => {
      const builder = new StreamsBuilder();
      builder
        .stream(clicks)
        .groupByKey({ name: 'counts' })
        .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 0 })
        .count()
        .suppress({ name: 'closed', until: 'windowCloses' })
        .toStream()
        .selectKey((_count, { key, window }) => `${key}@${window.startMs}`)
        .to(closed);
      return builder.build();
    };
    const click = (at: number) =>
      Array.from({ length: 10 }, (_, i) => [`k${i}`, 1, at] as readonly [string, number, number]);
    const first = await run(topology());
    for (let at = 0; at < 5_000; at += 100) await put(clicks, 2, click(at));
    await eventually('windows closed', async () => (await read(closed, 2)).size >= 30, { timeoutMs: 60_000 });
    await giveUp(first);
    for (let at = 5_000; at < 8_000; at += 100) await put(clicks, 2, click(at));
    await run(topology());
    await put(clicks, 2, click(20_000));
    await eventually('all windows closed', async () => (await read(closed, 2)).size === 80, {
      timeoutMs: 90_000,
    });
    const results = [...(await read(closed, 2)).values()];
    expect(results).toEqual(results.map(() => [10]));
  });
});
