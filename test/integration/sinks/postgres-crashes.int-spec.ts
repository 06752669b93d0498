/** Two tables of PostgreSQL behind an application that is killed, frozen and brought back as a zombie: compared with the input, row by
 *  row. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { partitionFor, RecordBatchWriter, type LogPort } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import pg from 'pg';
import { RunningProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { postgresUrl } from '../../support/postgres.ts';
import type { PostgresAppSettings } from './postgres-app.ts';
import { KEEPS_OLD_RECORDS } from '../../support/topic-config.ts';

jest.setTimeout(300_000);

const brokers = await kafkaBrokers();
const url = await postgresUrl();
const RECORDS = Number(process.env['RECORDS'] ?? 200_000);
const KEYS = 5_000;
const PARTITIONS = 4;
const keyOf = (id: number) => `key-${(id * 7) % KEYS}`;

(brokers === undefined || url === undefined ? describe.skip : describe)('PostgreSQL behind crashes', () => {
  const client = new pg.Client({ connectionString: url });
  const id = randomUUID().replaceAll('-', '');
  const settings: PostgresAppSettings = {
    brokers: brokers!,
    url: url!,
    applicationId: `sinks-${id}`,
    input: `sinks-${id}-samples`,
    all: `all_${id}`,
    latest: `latest_${id}`,
  };
  const processes: RunningProcess[] = [];
  let log: LogPort;

  beforeAll(async () => {
    await client.connect();
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create([{ topic: settings.input, numPartitions: PARTITIONS, config: KEEPS_OLD_RECORDS }]);
  });
  afterEach(() => processes.forEach((one) => one.kill('SIGKILL')));
  afterAll(async () => {
    await client.end();
    await log.close(5_000);
  });

  const start = (name: string) => {
    const app = RunningProcess.ofProgram(
      name,
      new URL('postgres-app.ts', import.meta.url),
      JSON.stringify(settings),
    );
    processes.push(app);
    return app;
  };
  const countRows = async () => {
    const { rows } = await client.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [
      settings.all,
    ]);
    if (rows[0]!.found === null) return 0;
    const counted = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${settings.all}`);
    return counted.rows[0]!.n;
  };
  const hasRows = (part: number, app: RunningProcess) =>
    eventually(
      `${part * 100} % of the rows`,
      async () => {
        app.assertRunning();
        return (await countRows()) >= RECORDS * part;
      },
      { timeoutMs: 90_000 },
    );

  const hasLastOfEachKey = (app: RunningProcess) =>
    eventually(
      'the last of each key',
      async () => {
        app.assertRunning();
        const { rows } = await client.query<{ id: number }>(`SELECT min(id) AS id FROM ${settings.latest}`);
        return rows[0]!.id >= RECORDS - KEYS;
      },
      { timeoutMs: 90_000 },
    );

  it('has every row once, and the last of each key, after kill -9, SIGSTOP and a zombie', async () => {
    await putSamples(log, settings.input);
    const first = start('first');
    await hasRows(0.05, first);
    first.kill('SIGKILL');
    const second = start('second');
    await hasRows(0.25, second);
    second.kill('SIGSTOP');
    const third = start('third');
    await hasRows(0.5, third);
    second.kill('SIGCONT'); // a zombie, with batches in hand
    await hasRows(0.6, third);
    third.kill('SIGKILL');
    await hasRows(1, second);
    await hasLastOfEachKey(second); // by another sink, with tasks of its own
    await second.stop();

    const { rows: all } = await client.query<{ id: number; key: string }>(
      `SELECT id, key FROM ${settings.all} ORDER BY id`,
    );
    expect(all.length).toBe(RECORDS);
    expect(all.findIndex((row, i) => row.id !== i || row.key !== keyOf(i))).toBe(-1);
    const { rows: latest } = await client.query<{ id: number; key: string }>(
      `SELECT key, id FROM ${settings.latest}`,
    );
    expect(new Map(latest.map((row) => [row.key, row.id]))).toEqual(lastOfEachKey());
  });
});

function lastOfEachKey(): Map<string, number> {
  return new Map(Array.from({ length: RECORDS }, (_, id) => [keyOf(id), id]));
}

async function putSamples(log: LogPort, topic: string): Promise<void> {
  const writer = log.writer();
  const batches = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
  const send = () =>
    writer.send(
      batches.flatMap((batch, partition) =>
        batch.count === 0 ? [] : [{ topic, partition, records: batch.take() }],
      ),
    );
  for (let id = 0; id < RECORDS; id++) {
    const key = Buffer.from(keyOf(id));
    batches[partitionFor(key, PARTITIONS)]!.append(key, Buffer.from(`{"id":${id}}`), id);
    if (id % 10_000 === 9_999) await send();
  }
  await send();
  await writer.close();
}
