/** Readings to windows to a table of PostgreSQL, Parquet files and hashes of Redis, behind an application that is killed, frozen and
 *  brought back as a zombie: each compared with what the input says, row by row. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { partitionFor, RecordBatchWriter, type LogPort } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { Redis } from 'ioredis';
import pg from 'pg';
import { askDuckDb } from '../../../libs/streams-parquet/test/read-files.ts';
import { RunningProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { postgresUrl } from '../../support/postgres.ts';
import { redisUrl } from '../../support/redis.ts';
import { KEEPS_OLD_RECORDS } from '../../support/topic-config.ts';
import type { AnalyticsAppSettings, Reading } from './analytics-app.ts';

jest.setTimeout(300_000);

const brokers = await kafkaBrokers();
const url = await postgresUrl();
const redisAddress = await redisUrl();
const RECORDS = Number(process.env['RECORDS'] ?? 300_000);
const SENSORS = 500;
const PARTITIONS = 4;
const WINDOW_MS = 240_000;
const STEP_MS = 20;
const START_MS = Date.UTC(2024, 10, 29, 1, 40);
/** Closes all windows before it; its own stays open. */
const END_MS = START_MS + 100 * RECORDS * STEP_MS;

const readingOf = (id: number): Reading => ({
  sensor: `sensor-${(id * 7) % SENSORS}`,
  amount: id % 1_000,
  at: START_MS + id * STEP_MS,
});

interface Stats {
  readonly sensor: string;
  readonly startMs: number;
  readonly total: number;
  readonly readings: number;
}
const asText = (rows: readonly Stats[]) =>
  rows.map(({ sensor, startMs, total, readings }) => `${sensor} ${startMs} ${total} ${readings}`).toSorted();

const given = brokers === undefined || url === undefined || redisAddress === undefined;
(given ? describe.skip : describe)('windows in three targets behind crashes', () => {
  const postgres = new pg.Client({ connectionString: url });
  const redis = new Redis(redisAddress!, { lazyConnect: true });
  const id = randomUUID().replaceAll('-', '');
  const settings: AnalyticsAppSettings = {
    brokers: brokers!,
    redisUrl: redisAddress!,
    postgresUrl: url!,
    applicationId: `analytics-${id}`,
    input: `analytics-${id}-readings`,
    table: `stats_${id}`,
    directory: mkdtempSync(join(tmpdir(), 'analytics-')),
    keyPrefix: `analytics-${id}:`,
    windowMs: WINDOW_MS,
  };
  const processes: RunningProcess[] = [];
  let log: LogPort;

  beforeAll(async () => {
    await postgres.connect();
    await redis.connect();
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create([{ topic: settings.input, numPartitions: PARTITIONS, config: KEEPS_OLD_RECORDS }]);
  });
  afterEach(() => processes.forEach((one) => one.kill('SIGKILL')));
  afterAll(async () => {
    await postgres.end();
    redis.disconnect();
    await log.close(5_000);
    rmSync(settings.directory, { recursive: true, force: true });
  });

  const start = (name: string) => {
    const app = RunningProcess.ofProgram(
      name,
      new URL('analytics-app.ts', import.meta.url),
      JSON.stringify(settings),
    );
    processes.push(app);
    return app;
  };
  const inPostgres = async (): Promise<Stats[]> => {
    const { rows } = await postgres.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
      settings.table,
    ]);
    if (rows[0]!.found === null) return [];
    const found = await postgres.query<{ sensor: string; at: Date; total: string; readings: string }>(
      `SELECT sensor, window_start AS at, total, readings FROM ${settings.table}`,
    );
    return found.rows.map(({ sensor, at, total, readings }) => ({
      sensor,
      startMs: at.getTime(),
      total: Number(total),
      readings: Number(readings),
    }));
  };
  const inFiles = async (): Promise<Stats[]> => {
    const names = readdirSync(settings.directory, { recursive: true, encoding: 'utf8' });
    if (!names.some((name) => name.endsWith('.parquet'))) return [];
    return askDuckDb<Stats>(
      `SELECT key AS sensor, epoch_ms(window_start)::double AS "startMs", total::double AS total, readings::double AS readings
       FROM read_parquet('${settings.directory}/**/*.parquet', hive_partitioning = true)`,
    );
  };
  const inRedis = async (): Promise<Stats[]> => {
    const keys = await redis.keys(`${settings.keyPrefix}sensor-*`);
    const read = redis.pipeline();
    for (const key of keys) read.hgetall(key);
    return ((await read.exec()) ?? []).map(([, fields]) => {
      const { key, window_start, total, readings } = fields as Record<string, string>;
      return {
        sensor: key!,
        startMs: Number(window_start),
        total: Number(total),
        readings: Number(readings),
      };
    });
  };
  const expected = expectedStats();
  const has = (what: string, part: number, app: RunningProcess, rows: () => Promise<readonly Stats[]>) =>
    eventually(
      `${part * 100} % of the rows in ${what}`,
      async () => {
        app.assertRunning();
        return (await rows()).length >= expected.length * part;
      },
      { timeoutMs: 90_000, everyMs: 20 },
    );

  it('has each window once in each, exactly, after kill -9 in the middle, SIGSTOP and a zombie', async () => {
    await putReadings(log, settings.input, 0, RECORDS / 2);
    const first = start('first');
    await has('PostgreSQL', 0.05, first, inPostgres);
    first.kill('SIGKILL');
    const second = start('second');
    await has('files', 0.1, second, inFiles);
    second.kill('SIGSTOP');
    const third = start('third');
    await putReadings(log, settings.input, RECORDS / 2, RECORDS);
    await has('files', 0.6, third, inFiles);
    second.kill('SIGCONT'); // a zombie, with batches in hand and files to complete
    third.kill('SIGKILL');
    await putEnd(log, settings.input);
    await has('PostgreSQL', 1, second, inPostgres);
    await has('Redis', 1, second, inRedis);
    await has('files', 1, second, inFiles);
    await second.stop();

    expect(asText(await inPostgres())).toEqual(asText(expected));
    expect(asText(await inRedis())).toEqual(asText(expected));
    expect(asText(await inFiles())).toEqual(asText(expected));
    const hours = await askDuckDb<{ fits: boolean }>(
      `SELECT DISTINCT strftime(to_timestamp(epoch(window_start)) AT TIME ZONE 'UTC', '%Y-%m-%d %H') = date::text || ' ' || lpad(hour::text, 2, '0') AS fits
       FROM read_parquet('${settings.directory}/**/*.parquet', hive_partitioning = true)`,
    );
    expect(hours).toEqual([{ fits: true }]);
  });
});

function expectedStats(): Stats[] {
  const stats = new Map<string, { sensor: string; startMs: number; total: number; readings: number }>();
  for (let id = 0; id < RECORDS; id++) {
    const { sensor, amount, at } = readingOf(id);
    const startMs = at - (at % WINDOW_MS);
    const key = `${sensor} ${startMs}`;
    const entry = stats.get(key) ?? { sensor, startMs, total: 0, readings: 0 };
    stats.set(key, entry);
    entry.total += amount;
    entry.readings++;
  }
  return [...stats.values()];
}

async function putReadings(log: LogPort, topic: string, from: number, to: number): Promise<void> {
  const batches = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
  for (let id = from; id < to; id += 10_000) {
    for (let i = id; i < Math.min(id + 10_000, to); i++) {
      const reading = readingOf(i);
      const key = Buffer.from(reading.sensor);
      const value = Buffer.from(JSON.stringify(reading));
      batches[partitionFor(key, PARTITIONS)]!.append(key, value, reading.at);
    }
    await send(log, topic, batches);
  }
}

async function putEnd(log: LogPort, topic: string): Promise<void> {
  const batches = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
  const end: Reading = { sensor: 'end', amount: 0, at: END_MS };
  for (const batch of batches) batch.append(Buffer.from('end'), Buffer.from(JSON.stringify(end)), END_MS);
  await send(log, topic, batches);
}

async function send(log: LogPort, topic: string, batches: readonly RecordBatchWriter[]): Promise<void> {
  const writer = log.writer();
  await writer.send(
    batches.flatMap((batch, partition) =>
      batch.count === 0 ? [] : [{ topic, partition, records: batch.take() }],
    ),
  );
  await writer.close();
}
