/** `hiveframe reset` against real Kafka and Redis, by the command line's own front. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { json, RecordBatchWriter, StreamsApp, StreamsBuilder, string, topic } from '@hiveframe/streams';
import { run } from '@hiveframe/streams-cli';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { readTexts } from '../support/log-records.ts';
import { redisUrl } from '../support/redis.ts';

jest.setTimeout(120_000);

const [brokers, url] = [await kafkaBrokers(), await redisUrl()];

(brokers === undefined || url === undefined ? describe.skip : describe)('hiveframe reset', () => {
  const applicationId = `reset-${randomUUID()}`;
  const words = topic(`${applicationId}.words`, { key: string(), value: json<number>() });
  const counts = topic(`${applicationId}.counts`, { key: string(), value: json<number>() });
  const log = kafkajs({ brokers: brokers!.split(',') });
  const client = new Redis(url!);
  const apps: StreamsApp[] = [];
  afterAll(async () => {
    for (const app of apps) await app.stop();
    await log.admin.deleteTopics([words.name, counts.name, `${applicationId}-dead-letters`]);
    await log.close(1_000);
    client.disconnect();
  });

  async function started(): Promise<StreamsApp> {
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .groupBy((_value, key) => key, { name: 'n' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
    const app = new StreamsApp(builder.build(), {
      applicationId,
      log: kafkajs({ brokers: brokers!.split(',') }),
      stores: redis({ url: url! }),
      processingGuarantee: 'exactly_once',
    });
    apps.push(app);
    await app.start();
    return app;
  }
  async function write(times: number): Promise<void> {
    const records = new RecordBatchWriter();
    for (let time = 0; time < times; time++) records.append(Buffer.from('a'), Buffer.from('1'), Date.now());
    await log.writer().send([{ topic: words.name, partition: 0, records: records.take() }]);
  }
  async function counted(): Promise<number[]> {
    const at = { topic: counts.name, partition: 0 };
    const [end] = await log.admin.offsets([at], 'lastStable');
    if (end!.offset === 0) return [];
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign(at, 0);
    const texts = await readTexts(reader, end!.offset);
    await reader.close();
    return texts.map(Number);
  }
  const reset = async (...flags: readonly string[]) => {
    const told: string[] = [];
    const tell = (text: string): void => void told.push(text);
    const args = [
      'reset',
      '--application-id',
      applicationId,
      '--brokers',
      brokers!,
      '--redis',
      url!,
      ...flags,
    ];
    return { code: await run(args, { out: tell, err: tell }), told: told.join('') };
  };
  const keys = (): Promise<string[]> => client.keys(`*${applicationId}*`);
  const own = [`${applicationId}-n-changelog`, `${applicationId}-n-repartition`, `${applicationId}-topology`];

  it('is refused while an instance runs; then it takes the application back to its first start', async () => {
    await log.connect();
    await log.admin.create([words, counts].map(({ name }) => ({ topic: name, numPartitions: 1 })));
    await write(3);
    const app = await started();
    await eventually('3 words counted', async () => (await counted()).at(-1) === 3);
    const refused = await reset();
    expect(refused.code).toBe(2);
    expect(refused.told).toContain('1 of its instances are active');
    await app.stop();
    expect((await keys()).length).toBeGreaterThan(0);

    const dry = await reset('--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.told).toContain(`topic   ${own[0]}`);
    expect((await keys()).length).toBeGreaterThan(0);

    expect(await reset()).toMatchObject({ code: 0 });
    expect(await keys()).toEqual([]);
    await eventually('its topics are gone', async () => (await log.admin.describe(own)).size === 0);

    const before = (await counted()).length;
    const again = await started();
    await eventually('3 counted again', async () => (await counted()).slice(before).at(-1) === 3);
    await again.stop();
    await reset('--to', 'latest');
    await eventually('its topics are gone', async () => (await log.admin.describe(own)).size === 0);
    const last = await started();
    await write(1);
    await eventually('counted from here on', async () => (await counted()).at(-1) === 1);
    await last.stop();
    await reset();
  });
});
