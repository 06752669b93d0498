import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError, partitionFor, RecordBatchWriter } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { describeExactlyOnceSinks, type SinkSample } from '@hiveframe/streams-testing/conformance';
import { SqliteSink, sqliteSink } from './sqlite-sink.ts';
import type { SqliteSinkOptions } from './sqlite-options.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-sink-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const newPath = () => join(folder, `${files++}.sqlite`);

function rowsOf(path: string, sql: string): object[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

describeExactlyOnceSinks('SQLite', () => ({
  target: async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE samples (id integer NOT NULL CHECK (id >= 0), text text NOT NULL)');
    database.close();
    return {
      impossible: { id: -1, text: 'impossible' },
      sink: () =>
        new SqliteSink<string, SinkSample>({
          path,
          table: 'samples',
          columns: { id: 'integer', text: 'text' },
          busyTimeoutMs: 5_000,
        }),
      rollBackPoint: async () => {
        const snapshot = [...rowsOf(path, 'SELECT id FROM samples'), { id: -1 }] as { id: number }[];
        const positions = rowsOf(path, 'SELECT topic, partition, next_offset FROM hiveframe_sink_positions');
        return async () => {
          const lossy = new DatabaseSync(path, { timeout: 5_000 });
          lossy.exec(`DELETE FROM samples WHERE id NOT IN (${snapshot.map(({ id }) => id).join()})`);
          const move = lossy.prepare(
            'UPDATE hiveframe_sink_positions SET next_offset = ? WHERE topic = ? AND partition = ?',
          );
          for (const row of positions as { topic: string; partition: number; next_offset: number | null }[]) {
            move.run(row.next_offset, row.topic, row.partition);
          }
          lossy.close();
        };
      },
      ids: async () => rowsOf(path, 'SELECT id FROM samples').map((row) => (row as SinkSample).id),
    };
  },
}));

describe('SqliteSink', () => {
  const made: SqliteSink<unknown, unknown>[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((sink) => sink.close()));
  });
  const open = async (options: Partial<SqliteSinkOptions<unknown, unknown>>, path = newPath()) => {
    const sink = sqliteSink<unknown, unknown>({ path, table: 't', columns: { id: 'integer' }, ...options });
    made.push(sink);
    const partition = await sink.open('topic', 0);
    let offset = 0;
    const write = async (...records: readonly (readonly [key: unknown, value: unknown])[]) => {
      const batch = records.map(([key, value]) => ({
        key,
        value,
        topic: 'topic',
        partition: 0,
        timestampMs: 0,
        offset: offset++,
      }));
      return (await partition.write(batch, { offset, rejected: [] })) ?? [];
    };
    return { path, write, rows: () => rowsOf(path, 'SELECT * FROM t ORDER BY 1, 2') };
  };

  it('inserts, replaces and deletes rows by their primary key', async () => {
    const { write, rows } = await open({ columns: { id: 'text', n: 'integer' }, primaryKey: ['id'] });
    await write(['a', { n: 1 }], ['b', { n: 2 }], ['c', { n: 3 }]);
    await write(['a', { n: 4 }], ['b', null], ['d', null], ['a', { n: 5 }]);
    expect(rows()).toEqual([
      { id: 'a', n: 5 },
      { id: 'c', n: 3 },
    ]);
  });

  it('rejects alone what a column cannot hold', async () => {
    const { write, rows } = await open({ columns: { id: 'integer', doc: 'text' } });
    const rejected = await write(
      [null, { id: 1, doc: { a: [true] } }],
      [null, { id: 'one', doc: null }],
      [null, { id: 2n ** 70n, doc: null }],
      [null, { id: true, doc: 'x' }],
    );
    expect(rejected.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(rows()).toEqual([
      { id: 1, doc: 'x' },
      { id: 1, doc: '{"a":[true]}' },
    ]);
  });

  it('writes no row beside its position where a constraint rolls the whole transaction back', async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE t (id integer UNIQUE ON CONFLICT ROLLBACK)');
    database.close();
    const { write } = await open({}, path);
    await expect(write([null, { id: 1 }], [null, { id: 1 }], [null, { id: 2 }])).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('rolls the whole transaction back'),
    });
    expect(rowsOf(path, 'SELECT * FROM t')).toEqual([]);
  });

  it('ends the application where a constraint refuses rows at the commit: no row could be told from the others', async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec(`CREATE TABLE parent (id integer PRIMARY KEY);
      CREATE TABLE t (id integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`);
    database.close();
    const { write } = await open({}, path);
    await expect(write([null, { id: 1 }])).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('at the commit (FOREIGN KEY constraint failed)'),
    });
    expect(rowsOf(path, 'SELECT * FROM t')).toEqual([]);
  });

  it('refuses a table that differs from what is declared, with all differences', async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE t (id integer, must text NOT NULL)');
    database.close();
    const opening = open({ columns: { id: 'text', more: 'text' }, primaryKey: ['id'] }, path);
    const error = await opening.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: 'unusable' });
    expect((error as Error).message).toBe(
      'Table t does not fit what was declared: column id is INTEGER, declared text; it has no column more; column must is NOT NULL without a default, and is not declared; it has no primary key or unique index on (id). Change the table or the declaration.',
    );
  });

  it('refuses a file that is no database', async () => {
    const path = newPath();
    writeFileSync(path, 'x'.repeat(4_096));
    await expect(open({}, path)).rejects.toMatchObject({ failure: 'unusable' });
  });

  it('does not write behind what a file has lost', async () => {
    const { path, write } = await open({});
    await write([null, { id: 1 }], [null, { id: 2 }]);
    const database = new DatabaseSync(path);
    database.exec('UPDATE hiveframe_sink_positions SET next_offset = 1');
    database.close();
    await expect(write([null, { id: 3 }])).rejects.toThrow('it was brought back to an older state');
  });

  it('names all faults of its options', () => {
    const declare = () => sqliteSink({ path: 'x', table: '', columns: {}, primaryKey: ['id'] });
    expect(declare).toThrow(ConfigError);
    expect(declare).toThrow('table is empty; columns names none; primaryKey names id, which columns has not');
  });
});

describe('an application that writes to SQLite', () => {
  const RECORDS = 12_000;
  const KEYS = 500;
  const keyOf = (id: number) => `key-${(id * 7) % KEYS}`;

  it('has every row once, and the last of each key, however often it is killed', async () => {
    const path = newPath();
    const checkpointDir = join(folder, 'log');
    await putSamples(checkpointDir);
    for (const part of [0.05, 0.5]) await runUntil(() => rowsIn(path) >= RECORDS * part);
    const last = Array.from({ length: KEYS }, (_, i) => RECORDS - KEYS + i).reduce((sum, id) => sum + id);
    await runUntil(() => rowsIn(path) >= RECORDS && sumOfLatest(path) >= last);
    const all = rowsOf(path, 'SELECT id, key FROM all_samples ORDER BY id');
    expect(all).toEqual(Array.from({ length: RECORDS }, (_, id) => ({ id, key: keyOf(id) })));
    const latest = rowsOf(path, 'SELECT key, id FROM latest') as { key: string; id: number }[];
    const expected = new Map(Array.from({ length: RECORDS }, (_, id) => [keyOf(id), id]));
    expect(new Map(latest.map(({ key, id }) => [key, id]))).toEqual(expected);

    /** Then kill -9. */
    async function runUntil(isEnough: () => boolean): Promise<void> {
      const program = fileURLToPath(new URL('../../test/sqlite-app.child.ts', import.meta.url));
      const options = ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'];
      const child = spawn(process.execPath, [...options, program, checkpointDir, path], {
        stdio: 'inherit',
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      const exited = once(child, 'exit');
      const deadlineMs = performance.now() + 30_000;
      while (!isEnough() && performance.now() < deadlineMs) await delay(2);
      child.kill('SIGKILL');
      await exited;
    }
  }, 120_000);

  async function putSamples(checkpointDir: string): Promise<void> {
    const log = embedded({ checkpointDir });
    await log.connect();
    await log.admin.create([{ topic: 'samples', numPartitions: 2 }]);
    const writer = log.writer();
    const batches = [new RecordBatchWriter(), new RecordBatchWriter()];
    for (let id = 0; id < RECORDS; id++) {
      const key = Buffer.from(keyOf(id));
      batches[partitionFor(key, 2)]!.append(key, Buffer.from(`{"id":${id}}`), id);
    }
    await writer.send(
      batches.map((batch, partition) => ({ topic: 'samples', partition, records: batch.take() })),
    );
    await writer.close();
    await log.close(5_000);
  }

  const rowsIn = (path: string) => numberOf(path, 'SELECT count(*) AS n FROM all_samples');
  const sumOfLatest = (path: string) => numberOf(path, 'SELECT total(id) AS n FROM latest');

  function numberOf(path: string, sql: string): number {
    try {
      return (rowsOf(path, sql)[0] as { n: number }).n;
    } catch {
      return 0; // there are no tables yet, or they are being made
    }
  }
});
