import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs';
import {
  RecordCursor,
  type FetchedRecords,
  type LogPort,
  type ReaderOptions,
  type TopicPartition,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { kafkaBrokers } from '../support/kafka.ts';
import { batchOf, numbered } from '../support/log-records.ts';
import { runPeer } from '../support/peer.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(180_000);

const brokers = await kafkaBrokers();
const hasJava = spawnSync('java', ['-version']).status === 0 && spawnSync('mvn', ['-version']).status === 0;
if (!hasJava)
  process.stderr.write('NOT RUN: tests of batches written by Java: no java and mvn on the PATH\n');

type Isolation = ReaderOptions['isolation'];

(brokers === undefined ? describe.skip : describe)('batches of another producer', () => {
  let log: LogPort;
  beforeAll(async () => {
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
  });
  afterAll(() => log?.close(5_000));

  async function newTopic(numPartitions: number): Promise<TopicPartition[]> {
    const topic = `foreign-${randomUUID()}`;
    await log.admin.create([{ topic, numPartitions, config: KEEPS_OLD_RECORDS }]);
    return Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
  }

  /** Hands every chunk of the partitions to `take`, up to their ends of now. */
  async function readAll(
    partitions: readonly TopicPartition[],
    isolation: Isolation,
    take: (fetched: FetchedRecords) => void,
  ): Promise<void> {
    const ends = new Map<number, number>();
    for (const { partition, offset } of await log.admin.offsets(partitions, 'end')) {
      if (offset > 0) ends.set(partition, offset);
    }
    const reader = log.reader({ isolation });
    for (const at of partitions) reader.assign(at, 0);
    while (ends.size > 0) {
      for (const fetched of await reader.poll({ maxWaitMs: 1_000 })) {
        take(fetched);
        if (fetched.nextOffset >= ends.get(fetched.partition)!) ends.delete(fetched.partition);
      }
    }
    await reader.close();
  }

  it('by kafkajs with gzip: keys, tombstones, repeated headers and times are what they were', async () => {
    const [at] = await newTopic(1);
    const producer = new Kafka({ brokers: brokers!.split(','), logLevel: logLevel.NOTHING }).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const messages = Array.from({ length: 500 }, (_, index) => ({
      key: index % 5 === 0 ? null : `ключ-${index}`,
      value: index % 7 === 0 ? null : `значение ${index} 🌡️`,
      timestamp: String(1_700_000_000_000 + index),
      headers: { trace: [`${index}`, 'again'] },
    }));
    await producer.send({ topic: at!.topic, compression: CompressionTypes.GZIP, messages });
    await producer.disconnect();

    const seen: typeof messages = [];
    const cursor = new RecordCursor();
    await readAll([at!], 'read_committed', (fetched) => {
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) {
        const headers = cursor.headers().map(([name, value]) => [name, Buffer.from(value!).toString()]);
        expect(headers).toEqual([
          ['trace', `${cursor.offset}`],
          ['trace', 'again'],
        ]);
        seen.push({
          key: cursor.key()?.toString() ?? null,
          value: cursor.value()?.toString() ?? null,
          timestamp: String(cursor.timestampMs),
          headers: { trace: [`${cursor.offset}`, 'again'] },
        });
      }
    });
    expect(seen).toEqual(messages);
  });

  (hasJava ? it : it.skip)(
    'by Java, five transactional ones with all codecs and every third transaction aborted: the committed ones exactly',
    async () => {
      const partitions = await newTopic(4);
      const lines = await runPeer('Foreign', [brokers!, partitions[0]!.topic], {
        records: 50_000,
        'per-transaction': 700,
      });
      const written = JSON.parse(lines.at(-1)!) as { committed: number; aborted: number };

      /** Records by the prefix of their sensor, which stands for the codec. */
      const count = async (isolation: Isolation) => {
        const counts = { total: 0, hottest: 0, prefixes: new Set<string>() };
        const cursor = new RecordCursor();
        await readAll(partitions, isolation, (fetched) => {
          cursor.reset(fetched.batches, fetched.fromOffset);
          while (cursor.next()) {
            counts.total++;
            const value = JSON.parse(cursor.value()!.toString()) as {
              sensor_id: string;
              temperature: number;
            };
            expect(cursor.key()!.toString()).toBe(value.sensor_id);
            counts.prefixes.add(value.sensor_id.replace(/\d+$/, ''));
            if (value.temperature > 99) counts.hottest++; // only in transactions that were aborted
          }
        });
        return counts;
      };
      const committed = await count('read_committed');
      expect(committed).toMatchObject({ total: written.committed, hottest: 0 });
      expect(committed.prefixes.size).toBe(5);
      expect(await count('read_uncommitted')).toMatchObject({
        total: written.committed + written.aborted,
        hottest: written.aborted,
      });
    },
  );

  (hasJava ? it : it.skip)(
    'by this package, read by Java: every codec is understood, and only the committed records are seen',
    async () => {
      const [at] = await newTopic(1);
      const expected: string[] = [];
      for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
        const own = kafkajs({ brokers: brokers!.split(','), compression });
        const writer = own.transactionalWriter({
          transactionalId: `${at!.topic}-${compression}`,
          transactionTimeoutMs: 30_000,
        });
        await writer.open();
        const aborted = writer.begin();
        await aborted.send([batchOf(at!, numbered(`${compression} aborted `, 200))]);
        await aborted.abort();
        const committed = writer.begin();
        await committed.send([batchOf(at!, numbered(`${compression} committed `, 200))]);
        expect(await committed.commit()).toBe('committed');
        expected.push(...numbered(`${compression} committed `, 200));
        await own.close(5_000);
      }
      const lines = await runPeer('Dump', [brokers!, at!.topic]);
      const values = lines.map((line) => (JSON.parse(line) as { value: string }).value);
      expect(values.map((value) => Buffer.from(value, 'base64').toString())).toEqual(expected);
    },
  );
});
