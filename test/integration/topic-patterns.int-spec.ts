/** An application that reads topics by a pattern, on a real Kafka: a topic that appears under load is read from its beginning. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { json, StreamsApp, StreamsBuilder, topic, topicPattern, type LogPort } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { batchOf, readCommitted } from '../support/log-records.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(120_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('Topics by a pattern', () => {
  const id = `patterns-${randomUUID()}`;
  const copies = `copies-${id}`;
  const numbers = { value: json<string>() };
  const apps: StreamsApp[] = [];
  const lines: string[] = [];
  let log: LogPort;
  const connect = () => kafkajs({ brokers: brokers!.split(',') });
  const create = (name: string, numPartitions: number) =>
    log.admin.create([{ topic: name, numPartitions, config: KEEPS_OLD_RECORDS }]);

  beforeAll(async () => {
    log = connect();
    await log.connect();
    await create(copies, 3);
  });
  afterAll(async () => {
    if (process.env['TELL'] !== undefined) process.stderr.write(`${lines.join('\n')}\n`);
    await Promise.all(apps.map((app) => app.stop()));
    await log.close(5_000);
  });

  async function start(): Promise<void> {
    const builder = new StreamsBuilder();
    builder.stream(topicPattern(new RegExp(`${id}-in-.*`), numbers)).to(topic(copies, numbers));
    const app: StreamsApp = new StreamsApp(builder.build(), {
      applicationId: `copier-${id}`,
      log: connect(),
      processingGuarantee: 'exactly_once',
      metadataMaxAgeMs: 500,
      sessionTimeoutMs: 6_000,
      logger: { log: (level, text) => void lines.push(`${apps.indexOf(app)} ${level}: ${text}`) },
    });
    apps.push(app);
    await app.start();
  }

  it('are read each from its beginning, exactly once, as they appear and go under load', async () => {
    const written: string[] = [];
    const writer = log.writer();
    const put = async (name: string, partition: number, from: number, count: number) => {
      const texts = Array.from({ length: count }, (_, i) =>
        JSON.stringify(`${name}-${partition}-${from + i}`),
      );
      written.push(...texts);
      await writer.send([batchOf({ topic: `${id}-in-${name}`, partition }, texts)]);
    };
    await create(`${id}-in-a`, 2);
    await create(`${id}-in-gone`, 1);
    await Promise.all([start(), start()]);
    /** What is written until now; the load goes on. */
    const isCopied = () => {
      const count = written.length;
      return eventually(
        'everything is copied',
        async () => (await readCommitted(log, copies)).flat().length >= count,
      );
    };
    const loading = new AbortController();
    const load = (async () => {
      for (let round = 0; !loading.signal.aborted; round++) {
        for (const partition of [0, 1]) await put('a', partition, round * 20, 20);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    try {
      await put('gone', 0, 0, 100);
      await isCopied();
      await create(`${id}-in-b`, 4);
      for (const partition of [0, 1, 2, 3]) await put('b', partition, 0, 500);
      await isCopied();
      await log.admin.deleteTopics([`${id}-in-gone`]);
      await create(`${id}-in-c`, 1);
      await put('c', 0, 0, 500);
      await isCopied();
    } finally {
      loading.abort();
      await load;
    }
    await isCopied();
    await eventually('all is at rest', () => apps.every(({ state }) => state === 'running'));
    const found = (await readCommitted(log, copies)).flat();
    expect(found.toSorted()).toEqual(written.toSorted());
  });
});
