/** Versions of a topology, one after the other, on real Kafka: what a start compares, and what it looks up. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { json, RecordBatchWriter, StreamsApp, StreamsBuilder, string, topic } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { readTexts } from '../support/log-records.ts';

jest.setTimeout(120_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('versions of a topology on Kafka', () => {
  const applicationId = `versions-${randomUUID()}`;
  const words = topic(`${applicationId}.words`, { key: string(), value: json<number>() });
  const counts = topic(`${applicationId}.counts`, { key: string(), value: json<number>() });
  const log = kafkajs({ brokers: brokers!.split(',') });
  const apps: StreamsApp[] = [];
  const own = ['n-changelog', 'm-changelog', 'n-repartition', 'm-repartition', 'topology', 'dead-letters'];
  afterAll(async () => {
    for (const app of apps) await app.stop();
    const topics = [words.name, counts.name, ...own.map((name) => `${applicationId}-${name}`)];
    await log.admin.deleteTopics(topics);
    await log.close(1_000);
  });

  function versionOf(name: string, store?: string): StreamsApp {
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .groupBy((_value, key) => key, { name })
      .count(store === undefined ? {} : { store: { name: store } })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
    const app = new StreamsApp(builder.build(), {
      applicationId,
      log: kafkajs({ brokers: brokers!.split(',') }),
      processingGuarantee: 'exactly_once',
    });
    apps.push(app);
    return app;
  }
  async function writeWord(): Promise<void> {
    const records = new RecordBatchWriter();
    records.append(Buffer.from('a'), Buffer.from('1'), Date.now());
    await log.writer().send([{ topic: words.name, partition: 0, records: records.take() }]);
  }
  async function lastCount(): Promise<number | undefined> {
    const at = { topic: counts.name, partition: 0 };
    const [end] = await log.admin.offsets([at], 'lastStable');
    if (end!.offset === 0) return undefined;
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign(at, 0);
    const texts = await readTexts(reader, end!.offset);
    await reader.close();
    return Number(texts.at(-1));
  }

  it('refuses a renamed one, and goes on where the state keeps its name and the topic that goes is read to its end', async () => {
    await log.connect();
    await log.admin.create([words, counts].map(({ name }) => ({ topic: name, numPartitions: 1 })));
    const first = versionOf('n');
    await first.start();
    await writeWord();
    await eventually('one counted', async () => (await lastCount()) === 1);
    await first.stop();

    await expect(versionOf('m').start()).rejects.toThrow(
      'n is gone, and m keeps the same in a store of its own',
    );
    expect((await log.admin.describe([`${applicationId}-m-changelog`])).size).toBe(0);

    const second = versionOf('m', 'n');
    await second.start();
    await writeWord();
    await eventually('two counted', async () => (await lastCount()) === 2);
    await second.stop();
  });
});
