/** One of two upstream tasks lags: behind the repartition topic, its records are no later than those of the other one. Kafka Streams,
 *  given the same input, takes them for late. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import {
  RecordBatchWriter,
  RecordCursor,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  tumbling,
  type LogPort,
  type Topology,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { startPeer } from '../support/peer.ts';
import { describeOnServices, services } from './services.ts';
import { KEEPS_OLD_RECORDS } from '../support/topic-config.ts';

jest.setTimeout(180_000);

const WINDOW_MS = 10_000;
/** Of each of the two partitions, 100 ms apart: 200 s of event time. */
const NUM_RECORDS = 2_000;
const WORDS = ['one', 'two', 'three'];

describeOnServices('when one upstream task lags behind the other', () => {
  let log: LogPort;
  let id: string;
  beforeEach(async () => {
    id = `late-${randomUUID()}`;
    log = connect();
    await log.connect();
    await log.admin.create([
      { topic: input(), numPartitions: 2, config: KEEPS_OLD_RECORDS },
      { topic: output(), numPartitions: 1, config: KEEPS_OLD_RECORDS },
    ]);
    await Promise.all([produce(0, 'quick'), produce(1, 'slow')]);
  });
  afterEach(async () => {
    await log.admin.deleteTopics([input(), output(), repartition()]).catch(() => {});
    await log.close(5_000);
  });
  const connect = () => kafkajs({ brokers: services.brokers.split(',') });
  const input = () => `${id}-in`;
  const output = () => `${id}-out`;
  const repartition = () => `${id}-by-word-repartition`;

  /** `<pace> <word>`, then one long after them that closes every window before it. */
  async function produce(partition: number, pace: string): Promise<void> {
    const records = new RecordBatchWriter();
    for (let i = 0; i < NUM_RECORDS; i++) {
      records.append(Buffer.from('k'), Buffer.from(`${pace} ${WORDS[i % WORDS.length]}`), i * 100);
    }
    records.append(Buffer.from('k'), Buffer.from(`${pace} end`), 1_000_000);
    const writer = log.writer();
    await writer.send([{ topic: input(), partition, records: records.take() }]);
    await writer.close();
  }

  it('nothing is late here: each window has the records of both', async () => {
    const app = new StreamsApp(countByWord(input(), output()), {
      applicationId: id,
      log: connect(),
      processingGuarantee: 'exactly_once',
    });
    await app.start();
    try {
      const allGiven = async () => sum(await readCounts()) >= 2 * NUM_RECORDS;
      await eventually('all windows are given', allGiven, { timeoutMs: 60_000 });
    } finally {
      await app.stop();
    }
    const counts = await readCounts();
    expect(sum(counts)).toBe(2 * NUM_RECORDS);
    expect(counts.size).toBe(WORDS.length * ((NUM_RECORDS * 100) / WINDOW_MS));
  });

  it('Kafka Streams drops records of the slow one', async () => {
    const peer = startPeer('LateTasks', [services.brokers, input(), output()], {
      'application-id': id,
      'state-dir': `/tmp/${id}`,
    });
    let counted = 0;
    try {
      await eventually('all input has been processed', allConsumed, { timeoutMs: 120_000, everyMs: 500 });
      await eventually(
        'no more counts come',
        async () => {
          const before = counted;
          counted = sum(await readCounts('updates'));
          return counted > 0 && counted === before;
        },
        { timeoutMs: 60_000, everyMs: 5_000 },
      );
    } finally {
      peer.kill('SIGTERM');
      await peer.exited;
    }
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(2 * NUM_RECORDS);
  });

  /** The records of each window, by `<word>@<start>`. A final one that were given twice would count twice; of updates the last counts. */
  async function readCounts(given: 'final' | 'updates' = 'final'): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    const [end] = await log.admin.offsets([{ topic: output(), partition: 0 }], 'lastStable');
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign({ topic: output(), partition: 0 }, 0);
    const cursor = new RecordCursor();
    for (let position = 0; position < end!.offset;) {
      for (const fetched of await reader.poll({ maxWaitMs: 100 })) {
        cursor.reset(fetched.batches, fetched.fromOffset);
        while (cursor.next()) {
          const key = cursor.key()!.toString();
          if (!key.startsWith('end@'))
            counts.set(
              key,
              (given === 'final' ? (counts.get(key) ?? 0) : 0) + Number(cursor.value()!.toString()),
            );
        }
        position = fetched.nextOffset;
      }
    }
    await reader.close();
    return counts;
  }

  /** Kafka Streams has read the input to its end. */
  async function allConsumed(): Promise<boolean> {
    const partitions = [0, 1].map((partition) => ({ topic: input(), partition }));
    const committed = await log.admin.committed(id, partitions);
    return committed.length === 2 && committed.every(({ offset }) => offset > NUM_RECORDS);
  }
});

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** As `LateTasks` of the peer. */
function countByWord(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(topic(input, { key: string(), value: string() }))
    .mapValuesAsync(
      async (text) => {
        if (text.startsWith('slow')) await delay(2);
        return text;
      },
      { name: 'slowly', concurrency: 1, timeoutMs: 10_000 },
    )
    .groupBy((text) => text.slice(text.indexOf(' ') + 1), { name: 'by-word' })
    .windowedBy(tumbling({ sizeMs: WINDOW_MS }), { graceMs: 0, emit: 'final' })
    .count()
    .toStream()
    .map((count, { key, window }) => ({ key: `${key}@${window.startMs}`, value: String(count) }))
    .to(topic(output, { key: string(), value: string() }));
  return builder.build();
}
