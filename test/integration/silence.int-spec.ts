/** Windows that close by the wall clock, on a broker that does not answer for longer than silence takes. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  double,
  inMemoryStores,
  json,
  RecordBatchWriter,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  tumbling,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(180_000);

const IDLE_AFTER_MS = 3_000;
const FROZEN_MS = 6_000;
/** The membership outlives it: a task that was opened again would begin with the time that was committed. */
const SESSION_TIMEOUT_MS = 60_000;
const script = KafkaCluster.script();

(script === undefined ? describe.skip : describe)('silence', () => {
  let cluster: KafkaCluster;

  beforeAll(async () => {
    cluster = await KafkaCluster.start(script!);
  });
  afterAll(() => cluster?.stop());

  const open = () =>
    kafkajs({ brokers: cluster.brokers, logger: new RecordingLogger(), requestTimeoutMs: 60_000 });

  it('is not what a frozen broker does: nothing that was written meanwhile is late', async () => {
    const id = `silence-${randomUUID().slice(0, 8)}`;
    const visits = topic(`${id}-visits`, {
      key: string(),
      value: json<number>(),
      watermark: { idleAfterMs: IDLE_AFTER_MS, whenIdle: 'advance' },
    });
    const builder = new StreamsBuilder();
    builder
      .stream(visits)
      .groupByKey({ name: 'visits' })
      .windowedBy(tumbling({ sizeMs: 5_000 }), {
        graceMs: 0,
        late: (late) => late.to(topic(`${id}-late`, { key: string(), value: json<number>() })),
      })
      .count()
      .toStream()
      .map((n, { key }) => ({ key, value: n }))
      .to(topic(`${id}-counts`, { key: string(), value: double() }));
    const log = open();
    await log.connect();
    await log.admin.create([{ topic: visits.name, numPartitions: 1, config: KEEPS_OLD_RECORDS }]);
    const writer = log.writer();
    const write = async (timestampMs: number) => {
      const records = new RecordBatchWriter();
      records.append(Buffer.from('a'), Buffer.from('1'), timestampMs);
      await writer.send([{ topic: visits.name, partition: 0, records: records.take() }]);
    };
    const counted = async (name: string) => {
      const at = { topic: `${id}-${name}`, partition: 0 };
      return (await log.admin.offsets([at], 'lastStable'))[0]!.offset;
    };
    const app = new StreamsApp(builder.build(), {
      applicationId: id,
      processingGuarantee: 'at_least_once',
      commitIntervalMs: 50,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      stores: inMemoryStores(),
      logger: new RecordingLogger(),
      log: open(),
    });
    try {
      await app.start();
      await write(4_000);
      await eventually('the first count', async () => (await counted('counts')) === 1);
      await cluster.freeze();
      const second = write(4_500); // it lies before the broker, and is taken when that goes on
      await delay(FROZEN_MS);
      await cluster.thaw();
      await second;
      await eventually(
        'the second record',
        async () => (await counted('counts')) + (await counted('late')) > 1,
      );
      expect(await counted('late')).toBe(0);
      expect(await counted('counts')).toBe(2);
    } finally {
      await app.stop();
      await writer.close();
      await log.close(5_000);
    }
  });
});
