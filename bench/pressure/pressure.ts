/** Memory and pace of one process that is behind: it starts on a backlog that lies in Kafka and works on it more slowly than it
 *  could read it. Prints a line per second, then the peaks.
 *  Run: KAFKA_BROKERS=host:port npm run bench:pressure   (RECORDS=, VALUE_BYTES=, PARTITIONS=, SECONDS=, WORK_US=, STATE=) */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  bytes,
  json,
  RecordBatchWriter,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type LogPort,
  type Topology,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';

const MIB = 1024 * 1024;
const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const RECORDS = number('RECORDS', 2_000_000);
const VALUE_BYTES = number('VALUE_BYTES', 1_000);
const PARTITIONS = number('PARTITIONS', 8);
/** How long the application is watched. */
const SECONDS = number('SECONDS', 30);
/** Of CPU per record: 100 is 10,000 records a second. */
const WORK_US = number('WORK_US', 100);
/** 1: counts by key, so that state and changelog take part. */
const STATE = number('STATE', 0) === 1;
const KEYS = 100_000;
const RECORDS_PER_BATCH = 500;

const id = `pressure-${randomUUID()}`;
const brokers = (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',');
const input = topic(`${id}-in`, { key: string(), value: bytes() });
const output = topic(`${id}-out`, { key: string(), value: bytes() });
const counts = topic(`${id}-counts`, { key: string(), value: json<number>() });

function work(): void {
  const endMs = performance.now() + WORK_US / 1_000;
  while (performance.now() < endMs);
}

function build(): Topology {
  const builder = new StreamsBuilder();
  const worked = builder.stream(input).mapValues((value) => (work(), value));
  worked.to(output);
  if (STATE)
    worked
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(counts);
  return builder.build();
}

async function fill(log: LogPort): Promise<number> {
  const value = Buffer.alloc(VALUE_BYTES, 'x');
  const writer = log.writer();
  const startedMs = performance.now();
  for (let written = 0, turn = 0; written < RECORDS; turn++) {
    const batches = Array.from({ length: PARTITIONS }, (_, partition) => {
      const batch = new RecordBatchWriter();
      for (let index = 0; index < RECORDS_PER_BATCH; index++)
        batch.append(Buffer.from(`${(turn * RECORDS_PER_BATCH + index) % KEYS}`), value, Date.now());
      return { topic: input.name, partition, records: batch.take() };
    });
    await writer.send(batches);
    written += PARTITIONS * RECORDS_PER_BATCH;
  }
  await writer.close();
  return performance.now() - startedMs;
}

async function watch(log: LogPort): Promise<void> {
  const peaks: Record<string, number> = {};
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: input.name, partition }));
  const processed = async () =>
    (await log.admin.committed(id, partitions)).reduce((total, { offset }) => total + offset, 0);
  for (let second = 1, before = 0; second <= SECONDS; second++) {
    await delay(1_000);
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const now = await processed();
    const row = { rss, heapUsed, external, arrayBuffers };
    for (const [name, value] of Object.entries(row)) peaks[name] = Math.max(peaks[name] ?? 0, value);
    const text = Object.entries(row).map(([name, value]) => `${name} ${(value / MIB).toFixed(0)}`);
    process.stdout.write(`${second} s  ${text.join('  ')} MiB  ${now - before} records\n`);
    before = now;
  }
  const peak = Object.entries(peaks).map(([name, value]) => `${name} ${(value / MIB).toFixed(0)}`);
  process.stdout.write(`peak  ${peak.join('  ')} MiB\n`);
}

const log = kafkajs({ brokers });
await log.connect();
const topics = [input.name, output.name, counts.name];
await log.admin.create(topics.map((name) => ({ topic: name, numPartitions: PARTITIONS })));
const app = new StreamsApp(build(), {
  applicationId: id,
  log: kafkajs({ brokers }),
  processingGuarantee: 'exactly_once',
});
try {
  const filledMs = await fill(log);
  process.stdout.write(`${RECORDS} records written, ${Math.round((RECORDS / filledMs) * 1_000)} a second\n`);
  globalThis.gc?.();
  process.stdout.write(`before  rss ${(process.memoryUsage().rss / MIB).toFixed(0)} MiB\n`);
  await app.start();
  await watch(log);
} finally {
  await app.stop().catch((error: Error) => process.stderr.write(`${error.message}\n`));
  const internal = [`${id}-by-key-changelog`, `${id}-by-key-repartition`, `${id}-dead-letters`];
  await log.admin.deleteTopics([...topics, ...internal]).catch(() => {});
  await log.close(5_000);
}
