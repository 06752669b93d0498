import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hiveframe/streams';
import { describeExactlyOnceSinks, type SinkSample } from '@hiveframe/streams-testing/conformance';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { askDuckDb, filesIn, rowsIn } from '../test/read-files.ts';
import { byHour } from './partition-path.ts';
import type { ParquetSinkOptions } from './parquet-options.ts';
import { ParquetSink, parquetSink } from './parquet-sink.ts';

let folder: string;
let directories = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parquet-sink-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const newDirectory = () => join(folder, String(directories++));

const sampleColumns = { id: 'int32', text: 'string' } as const;
const rowOfSample = ({ value }: { value: SinkSample }) => {
  if (value.id < 0) throw new Error('impossible');
  return value;
};
const idsIn = async (directory: string) => (await rowsIn(directory)).map(({ id }) => id as number);

describeExactlyOnceSinks('Parquet, a file for each write', () => ({
  target: async () => {
    const directory = newDirectory();
    mkdirSync(directory);
    return {
      impossible: { id: -1, text: 'impossible' },
      sink: () =>
        new ParquetSink<string, SinkSample, SinkSample>({
          directory,
          columns: sampleColumns,
          row: rowOfSample,
          maxFileBytes: 1,
        }),
      ids: () => idsIn(directory),
    };
  },
}));

describeExactlyOnceSinks('Parquet, as whoever takes over finds it', () => ({
  target: async () => {
    const directory = newDirectory();
    mkdirSync(directory);
    const sinkOf = (at: string) =>
      new ParquetSink<string, SinkSample, SinkSample>({
        directory: at,
        columns: sampleColumns,
        row: rowOfSample,
      });
    return {
      sink: () => sinkOf(directory),
      ids: async () => {
        const copy = newDirectory();
        cpSync(directory, copy, { recursive: true });
        const heir = sinkOf(copy);
        for (const place of placesIn(copy)) {
          const [, topic, partition] = /^(.+)-(\d+)$/.exec(place)!;
          await heir.open(topic!, Number(partition));
        }
        await heir.close();
        return idsIn(copy);
      },
    };
  },
}));

const placesIn = (directory: string) => {
  const control = join(directory, '_hiveframe');
  return readdirSync(directory).includes('_hiveframe') ? readdirSync(control) : [];
};
const ownersFiles = (directory: string) =>
  readdirSync(join(directory, '_hiveframe'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(staged|tmp|rows|files)$/.test(name),
  );

describe('ParquetSink', () => {
  const made: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((sink) => sink.close()));
  });
  const open = async (
    options: Partial<ParquetSinkOptions<unknown, unknown>>,
    directory = newDirectory(),
    from = 0,
  ) => {
    const sink = parquetSink<unknown, unknown>({ directory, columns: { id: 'int32' }, ...options });
    made.push(sink);
    const partition = await sink.open('topic', 0);
    let offset = from;
    const write = async (...values: readonly unknown[]) => {
      const batch = values.map((value, i) => ({
        key: null,
        value,
        topic: 'topic',
        partition: 0,
        timestampMs: Date.UTC(2026, 10, 29, 2) + i,
        offset: offset++,
      }));
      return (await partition.write(batch, { offset, rejected: [] })) ?? [];
    };
    return { directory, write, sink, partition };
  };

  it('holds values of every type, as DuckDB reads them', async () => {
    const { directory, write, sink } = await open({
      columns: {
        b: 'boolean',
        i: 'int32',
        big: 'int64',
        f: 'float',
        d: 'double',
        s: 'string',
        raw: 'bytes',
        doc: 'json',
        day: 'date',
        at: 'timestamp',
      },
    });
    const at = Date.UTC(2026, 10, 29, 2, 30, 0, 7);
    const value = {
      b: true,
      i: -5,
      big: 9_007_199_254_740_993n,
      f: 0.5,
      d: 0.1,
      s: 'grün 🐝',
      raw: new Uint8Array([0, 255]),
      doc: { a: [1, null, 'x'] },
      day: new Date(at),
      at,
    };
    const iso = { ...value, day: '2026-11-29', at: '2026-11-29T02:30:00.007Z' };
    expect(await write(value, iso, {})).toEqual([]);
    await sink.close();
    const rows = await askDuckDb<object>(
      `SELECT b, i, big::text AS big, f, d, s, hex(raw) AS raw, doc::text AS doc, day::text AS day,
        epoch_ms("at") AS "at", typeof(day) AS type FROM '${directory}/*.parquet'`,
    );
    const expected = {
      ...value,
      big: '9007199254740993',
      raw: '00FF',
      doc: '{"a":[1,null,"x"]}',
      day: '2026-11-29',
      at: String(at),
      type: 'DATE',
    };
    const nulls = Object.fromEntries(Object.keys(expected).map((name) => [name, null]));
    expect(rows).toEqual([expected, expected, { ...nulls, type: 'DATE' }]);
  });

  it.each(['snappy', 'zstd', 'gzip', 'none'] as const)(
    'is read where it is compressed by %s',
    async (compression) => {
      const { directory, write, sink } = await open({ compression, columns: { id: 'int32', s: 'string' } });
      await write(...Array.from({ length: 500 }, (_, id) => ({ id, s: `text ${id % 10}` })));
      await sink.close();
      const sql = `SELECT count(*)::int AS n, sum(id)::int AS sum, max(s) AS s FROM '${directory}/*.parquet'`;
      expect(await askDuckDb(sql)).toEqual([{ n: 500, sum: 124_750, s: 'text 9' }]);
    },
  );

  it('has folders that Hive, Spark and DuckDB know, late rows in their own', async () => {
    const { directory, write, sink } = await open({ partitionBy: byHour('at') });
    const hour = (n: number) => new Date(Date.UTC(2026, 10, 29, n)).toISOString();
    await write({ id: 1, at: hour(2) }, { id: 2, at: hour(3) }, { id: 3, at: hour(2) });
    await sink.close();
    expect(filesIn(directory)).toEqual([
      'date=2026-11-29/hour=02/topic-0-000000000000-000000000002.parquet',
      'date=2026-11-29/hour=03/topic-0-000000000001-000000000001.parquet',
    ]);
    const sql = `SELECT hour, id FROM read_parquet('${directory}/**/*.parquet', hive_partitioning = true) ORDER BY id`;
    expect(await askDuckDb(sql)).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it('has folders by fields that are no columns, whatever is in them', async () => {
    const { directory, write, sink } = await open({ partitionBy: ['site'] });
    await write({ id: 1, site: 'a/b=c' }, { id: 2, site: null }, { id: 3, site: '..' });
    await sink.close();
    const sql = `SELECT id, site FROM read_parquet('${directory}/**/*.parquet', hive_partitioning = true) ORDER BY id`;
    expect(await askDuckDb(sql)).toEqual([
      { id: 1, site: 'a/b=c' },
      { id: 2, site: null },
      { id: 3, site: '..' },
    ]);
  });

  it('rejects alone what a column cannot hold, or a folder cannot be called', async () => {
    const { directory, write, sink } = await open({ partitionBy: ['site'] });
    const rejected = await write(
      { id: 1 },
      { id: 'one' },
      { id: 3e9 },
      null,
      { id: 5, site: 'x'.repeat(300) },
      { id: 6, site: {} },
      { id: 7 },
    );
    expect(rejected.map(({ offset, reason }) => [offset, reason.message])).toEqual([
      [1, 'column id is int32 and takes whole numbers from -2147483648 to 2147483647, not string one'],
      [2, 'column id is int32 and takes whole numbers from -2147483648 to 2147483647, not number 3000000000'],
      [3, 'its value is null, and nothing can be deleted from Parquet files'],
      [4, 'the folder for site would have a name of more than 255 bytes'],
      [5, 'site names a folder and is an object: give partitionBy as a function'],
    ]);
    await sink.close();
    expect(await idsIn(directory)).toEqual([1, 7]);
  });

  it('shows no file before it is complete, and completes it in time', async () => {
    const { directory, write } = await open({ maxFileMs: 300 });
    await write({ id: 1 });
    await write({ id: 2 });
    expect(filesIn(directory)).toEqual([]);
    const deadlineMs = performance.now() + 10_000;
    while (filesIn(directory).length === 0 && performance.now() < deadlineMs) await delay(20);
    expect(await idsIn(directory)).toEqual([1, 2]);
    await write({ id: 3 });
    expect(filesIn(directory)).toHaveLength(1);
  });

  it('begins another file when one is large, and another row group before memory is', async () => {
    const { directory, write, sink } = await open({ maxFileBytes: 2_000, maxRowGroupBytes: 800 });
    for (let id = 0; id < 1_000; id += 50) {
      await write(...Array.from({ length: 50 }, (_, i) => ({ id: id + i })));
    }
    await sink.close();
    const files = filesIn(directory);
    expect(files.length).toBeGreaterThan(2);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(directory, files[0]!)));
    expect(metadata.row_groups.length).toBeGreaterThan(1);
    expect(await idsIn(directory)).toEqual(Array.from({ length: 1_000 }, (_, id) => id));
  });

  it('says in each file what its rows came from', async () => {
    const { directory, write, sink } = await open({}, newDirectory(), 7);
    await write({ id: 1 }, { id: 2 });
    await sink.close();
    const [file] = filesIn(directory);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(directory, file!)));
    expect(Object.fromEntries(metadata.key_value_metadata!.map(({ key, value }) => [key, value]))).toEqual({
      'hiveframe.topic': 'topic',
      'hiveframe.partition': '0',
      'hiveframe.epoch': '1',
      'hiveframe.first_offset': '7',
      'hiveframe.last_offset': '8',
    });
  });

  it('goes on where only some of the files could be moved', async () => {
    const { directory, write, sink } = await open({ partitionBy: ['site'] });
    await write({ id: 1, site: 'a' }, { id: 2, site: 'b' });
    writeFileSync(join(directory, 'site=b'), 'in the way');
    await sink.close();
    expect(await idsIn(directory)).toEqual([1]);
    rmSync(join(directory, 'site=b'));
    const next = await open({ partitionBy: ['site'] }, directory, 2);
    expect((await idsIn(directory)).toSorted((a, b) => a - b)).toEqual([1, 2]);
    await next.write({ id: 3, site: 'a' });
    await next.sink.close();
    expect((await idsIn(directory)).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('keeps the rows, and takes more, while files cannot be completed', async () => {
    const { directory, write, sink } = await open({ partitionBy: ['site'], maxFileBytes: 1 });
    writeFileSync(join(directory, 'site=b'), 'in the way');
    expect(await write({ id: 1, site: 'b' })).toEqual([]);
    await expect(write({ id: 2, site: 'a' })).rejects.toMatchObject({ code: 'HFS_SINK' });
    rmSync(join(directory, 'site=b'));
    await write({ id: 3, site: 'a' });
    await sink.close();
    expect((await idsIn(directory)).toSorted((a, b) => a - b)).toEqual([1, 3]);
  });

  it('goes on where whoever reads them has removed files and folders', async () => {
    const { directory, write, sink } = await open({ partitionBy: ['site'] });
    await write({ id: 1, site: 'a' });
    await sink.close();
    rmSync(join(directory, 'site=a'), { recursive: true });
    const next = await open({ partitionBy: ['site'] }, directory, 1);
    await next.write({ id: 2, site: 'b' });
    await next.sink.close();
    expect(await idsIn(directory)).toEqual([2]);
  });

  it('does not write over a file of other records', async () => {
    const { directory, write, sink } = await open({});
    writeFileSync(join(directory, 'topic-0-000000000000-000000000000.parquet'), 'of another topic');
    await write({ id: 1 });
    await sink.close();
    await expect(open({}, directory)).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('is of other records'),
    });
  });

  it('writes what it had taken by other columns by those', async () => {
    const directory = newDirectory();
    const { write, sink } = await open({ columns: { id: 'string' } }, directory);
    await write({ id: 'one' });
    cpSync(directory, `${directory}-copy`, { recursive: true });
    await sink.close();
    const next = await open({ columns: { n: 'int32' } }, `${directory}-copy`, 1);
    expect(await rowsIn(`${directory}-copy`)).toEqual([{ id: 'one' }]);
    await next.write({ n: 2 });
    await next.sink.close();
    expect(await rowsIn(`${directory}-copy`)).toEqual([{ id: 'one' }, { n: 2 }]);
  });

  it('removes what nobody completed, and the journal of what is in files', async () => {
    const directory = newDirectory();
    const first = await open({ maxRowGroupBytes: 1 }, directory);
    await first.write({ id: 1 });
    expect(ownersFiles(directory).some((name) => name.endsWith('.staged'))).toBe(true);
    const second = await open({}, directory);
    expect(ownersFiles(directory).some((name) => name.endsWith('.staged'))).toBe(false);
    await second.sink.close();
    expect(ownersFiles(directory)).toHaveLength(1);
    expect(await idsIn(directory)).toEqual([1]);
  });

  it('takes no entry for one that counts which an older owner brought about behind it', async () => {
    const directory = newDirectory();
    await (await open({}, directory)).write({ id: 1 });
    await open({}, directory, 1);
    const owner = join(directory, '_hiveframe', 'topic-0', 'owner-2');
    copyFileSync(join(owner, '000000000002-1.rows'), join(owner, '000000000003-1.rows'));
    const last = await open({}, directory, 1);
    expect(last.partition.position?.offset).toBe(1);
    await last.write({ id: 2 });
    await last.sink.close();
    expect(await idsIn(directory)).toEqual([1, 2]);
  });

  it('opens a partition once, however many begin with it at the same time', async () => {
    const directory = newDirectory();
    const opening = await Promise.allSettled(Array.from({ length: 8 }, () => open({}, directory)));
    const opened = opening.filter((one) => one.status === 'fulfilled');
    const written = await Promise.allSettled(opened.map(({ value }) => value.write({ id: 1 })));
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all(made.splice(0).map((sink) => sink.close()));
    expect(await idsIn(directory)).toEqual([1]);
  });

  it('refuses a topic whose name leaves no room for offsets in that of a file', async () => {
    const sink = parquetSink({ directory: newDirectory(), columns: { id: 'int32' } });
    made.push(sink);
    await expect(sink.open('t'.repeat(220), 0)).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('would be longer than 255 bytes'),
    });
    await sink.open('t'.repeat(205), 0);
  });

  it('refuses a directory that is none', async () => {
    const directory = newDirectory();
    writeFileSync(directory, 'a file');
    await expect(open({}, directory)).rejects.toMatchObject({ failure: 'unusable' });
  });

  it('names all faults of its options', () => {
    const options = { directory: '/x', columns: { a: 'text' as 'string' }, maxFileMs: 0 };
    const declare = () => parquetSink<unknown, { a: string }>({ ...options, partitionBy: ['a'] });
    expect(declare).toThrow(ConfigError);
    expect(declare).toThrow('column a is text, which is none of boolean');
    expect(declare).toThrow('a is both column and folder; maxFileMs must be 1 or more, is 0');
  });

  it('takes only columns that the row has, of types that take it', () => {
    const row = () => ({ id: 1, name: 'x', at: new Date(0) as Date | null });
    parquetSink({ directory: '/x', row, columns: { id: 'int64', name: 'string', at: 'timestamp' } });
    // @ts-expect-error a number is no string
    parquetSink({ directory: '/x', row, columns: { id: 'string' } });
    // @ts-expect-error there is no such field
    parquetSink({ directory: '/x', row, columns: { nmae: 'string' } });
  });
});

describe('processes that share a directory', () => {
  const END = 6_000;
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  const start = async (directory: string) => {
    const program = fileURLToPath(new URL('../test/writer.child.ts', import.meta.url));
    const options = ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...options, program, directory, String(END)], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const exited = once(child, 'exit');
    const ended = exited.then(() => {
      throw new Error(`it has ended: ${errors}`);
    });
    ended.catch(() => undefined);
    let reached = 0;
    const reports = createInterface({ input: child.stdout });
    reports.on('line', (line) => (reached = Math.max(reached, Number(line))));
    const reaching = async (offset: number) => {
      while (reached < offset) await Promise.race([once(reports, 'line'), ended]);
    };
    return { child, exited, errors: () => errors, reaching };
  };
  const expectEveryRowOnce = async (directory: string) => {
    const [found] = await askDuckDb<object>(
      `SELECT count(*)::int AS n, count(DISTINCT (id, part))::int AS different, min(id)::int AS lowest, max(id)::int AS highest
       FROM read_parquet('${directory}/**/*.parquet', hive_partitioning = true)`,
    );
    expect(found).toEqual({ n: 2 * END, different: 2 * END, lowest: 0, highest: END - 1 });
  };

  it('have every row once, however often they are killed', async () => {
    const directory = newDirectory();
    for (let round = 1; round <= 6; round++) {
      const { child, exited, reaching } = await start(directory);
      await reaching((END * round) / 8);
      await delay(round); // it is killed wherever it is then
      child.kill('SIGKILL');
      expect(await exited).toEqual([null, 'SIGKILL']);
    }
    const last = await start(directory);
    expect((await last.exited)[0]).toBe(0);
    await expectEveryRowOnce(directory);
    expect(ownersFiles(directory)).toHaveLength(2);
  }, 60_000);

  it('have every row once where one is frozen and comes back', async () => {
    const directory = newDirectory();
    let zombie = await start(directory);
    for (let round = 1; round <= 4; round++) {
      await zombie.reaching((END * round) / 8);
      zombie.child.kill('SIGSTOP');
      const owner = await start(directory);
      await owner.reaching((END * round) / 8 + 100);
      zombie.child.kill('SIGCONT');
      expect((await zombie.exited)[0]).toBe(1);
      expect(zombie.errors()).toContain('another owner has taken over');
      zombie = owner;
    }
    expect((await zombie.exited)[0]).toBe(0);
    await expectEveryRowOnce(directory);
  }, 60_000);
});
