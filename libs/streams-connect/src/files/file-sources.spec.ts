import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, string, topic } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { ManualClock, watchCommitSteps } from '@hiveframe/streams-testing';
import fc from 'fast-check';
import { z } from 'zod';
import { readTopic } from '../../test/read-topic.ts';
import type { ResumableSource, SourceBatch } from '../resumable/resumable-source.ts';
import { runResumableSource } from '../resumable/run-resumable-source.ts';
import { csvSource, type CsvSourceOptions } from './csv-source.ts';
import type { FilePosition } from './file-source.ts';
import { ndjsonSource } from './ndjson-source.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'file-source-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const put = (name: string, content: string | Buffer) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
/** Waits for nothing. */
const clock = { nowMs: () => 0, delay: async () => {} };

async function batchesOf<T>(
  source: ResumableSource<T, FilePosition>,
  position: FilePosition | null = null,
  split = 0,
): Promise<SourceBatch<T, FilePosition>[]> {
  const { signal } = new AbortController();
  const batches: SourceBatch<T, FilePosition>[] = [];
  const start = { position, split, numSplits: source.numSplits ?? 1, signal, clock };
  for await (const batch of source.start(start)) batches.push(batch);
  return batches;
}
async function eventsOf<T>(source: ResumableSource<T, FilePosition>, position: FilePosition | null = null) {
  return (await batchesOf(source, position)).flatMap(({ events }) => events);
}
async function reasonsOf<T>(source: ResumableSource<T, FilePosition>) {
  const batches = await batchesOf(source);
  return batches.flatMap(({ rejected = [] }) =>
    rejected.map(({ raw, reason }) => [reason.message.replace(`${dir}/`, ''), Buffer.from(raw).toString()]),
  );
}
const csv = (content: string, options: Partial<CsvSourceOptions<Record<string, string>>> = {}) =>
  csvSource({ name: 'csv', files: put('in.csv', content), ...options });

describe('csvSource', () => {
  test('gives each row as an object by the names in the header', async () => {
    const content = '\ufeffid,text\r\n1,a\r\n2,"b, ""c"",\r\nd"\r\n\r\n3,ü';
    expect(await eventsOf(csv(content))).toEqual([
      { id: '1', text: 'a' },
      { id: '2', text: 'b, "c",\r\nd' },
      { id: '3', text: 'ü' },
    ]);
  });

  test('names columns without a header, and renames those of one', async () => {
    expect(await eventsOf(csv('1;a\n', { columns: ['id', 'text'], delimiter: ';' }))).toEqual([
      { id: '1', text: 'a' },
    ]);
    expect(await eventsOf(csv('Sensor ID,t\n1,2\n', { columns: { 'Sensor ID': 'sensor_id' } }))).toEqual([
      { sensor_id: '1', t: '2' },
    ]);
  });

  test('makes events by the schema, and rejects rows with file, line, and what is wrong', async () => {
    const schema = z.object({ id: z.coerce.number().int(), t: z.coerce.number() });
    const file = put('in.csv', 'id,t\n1,20.5\nx,1\n\n"2\n",3\n3\n4,5,6\n5,6\n');
    const source = csvSource({ name: 'csv', files: file, schema });
    expect(await eventsOf(source)).toEqual([
      { id: 1, t: 20.5 },
      { id: 2, t: 3 },
      { id: 5, t: 6 },
    ]);
    expect(await reasonsOf(source)).toEqual([
      ['in.csv:3: id: Invalid input: expected number, received NaN', 'x,1'],
      ['in.csv:7: it has 1 fields, and there are 2 columns', '3'],
      ['in.csv:8: it has 3 fields, and there are 2 columns', '4,5,6'],
    ]);
  });

  test('waits for a schema that gives promises', async () => {
    const schema = z.object({ id: z.string() }).refine(async ({ id }) => id !== '2', 'taken');
    const file = put('in.csv', 'id\n1\n2\n3\n');
    const source = csvSource({ name: 'csv', files: file, schema });
    expect(await eventsOf(source)).toEqual([{ id: '1' }, { id: '3' }]);
    expect(await reasonsOf(source)).toEqual([['in.csv:3: taken', '2']]);
  });

  test('rejects the line of a quote that is never closed, and reads on behind it', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `${i},x`);
    const content = ['id,t', ...rows.slice(0, 10), '10,"open', ...rows.slice(11), 'last,"open'].join('\n');
    const source = csv(content, { maxRowBytes: 1_000 });
    expect((await eventsOf(source)).map(({ id }) => Number(id))).toEqual(
      rows.map((_, i) => i).filter((i) => i !== 10),
    );
    expect(await reasonsOf(source)).toEqual([
      ['in.csv:12: a quote is not closed within 1000 bytes or the file', '10,"open'],
      ['in.csv:502: a quote is not closed within 1000 bytes or the file', 'last,"open'],
    ]);
  });

  test('rejects rows that are no UTF-8: what they say is not known', async () => {
    const content = Buffer.concat([Buffer.from('id,t\n1,ü\n'), Buffer.from('2,\xfc\n', 'latin1')]);
    const file = put('in.csv', content);
    const source = csvSource({ name: 'csv', files: file });
    expect(await eventsOf(source)).toEqual([{ id: '1', t: 'ü' }]);
    expect(await reasonsOf(source)).toEqual([['in.csv:3: it is no UTF-8', '2,\ufffd']]);
    const latin = put('latin.csv', Buffer.from('id,gr\xf6\xdfe\n1,2\n', 'latin1'));
    await expect(eventsOf(csvSource({ name: 'csv', files: latin }))).rejects.toThrow(
      'latin.csv:1: cannot read the header line: it is no UTF-8',
    );
  });

  test('keeps a column whose name all objects have', async () => {
    const columns = { id: 'key' };
    expect(await eventsOf(csv('id,constructor,__proto__\n1,a,b\n', { columns }))).toEqual([
      Object.fromEntries([
        ['key', '1'],
        ['constructor', 'a'],
        ['__proto__', 'b'],
      ]),
    ]);
  });

  test('takes a quote within a field for text', async () => {
    expect(await eventsOf(csv('a,b\n5" pipe,"x"y\n'))).toEqual([{ a: '5" pipe', b: '"x"y' }]);
  });

  test('goes on behind any row, with the same rows and lines as in one go', async () => {
    const field = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', '\n', '\r\n', ' ', '😀') }),
      fc.string(),
    );
    const quoted = field.map((text) => `"${text.replaceAll('"', '""')}"`);
    const row = fc.array(quoted, { minLength: 1, maxLength: 4 }).map((fields) => fields.join(','));
    const file = fc.array(row, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(file, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (rows, lineEnd, endsOpen) => {
        const content = ['"a","b"', ...rows].join(lineEnd) + (endsOpen ? '' : lineEnd);
        const whole = summaryOf(await batchesOf(csv(content)));
        let times = 0;
        const cut = { speed: 1, eventTime: () => times++ }; // a pause, so a batch, before each event
        const parts = await batchesOf(csv(content, { replay: cut }));
        for (const [at, { position }] of parts.entries()) {
          const behind = summaryOf(await batchesOf(csv(content), position));
          const before = summaryOf(parts.slice(0, at + 1));
          expect([...before.events, ...behind.events]).toEqual(whole.events);
          expect([...before.rejected, ...behind.rejected]).toEqual(whole.rejected);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('reads the files of a pattern by their names, compressed ones too, and shares them out by splits', async () => {
    put('b.csv', 'id\n3\n');
    put('a.csv.gz', gzipSync('id\n1\n2\n'));
    put('c.csv', '');
    put('d.csv', 'id\n4');
    const source = csvSource({ name: 'csv', files: join(dir, '*.csv*'), numSplits: 2 });
    const all = csvSource({ name: 'csv', files: [join(dir, '*.csv*'), join(dir, 'd.csv')] });
    expect((await eventsOf(all)).map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    const shared = await Promise.all([0, 1].map((split) => batchesOf(source, null, split)));
    expect(
      shared
        .flat()
        .flatMap(({ events }) => events.map(({ id }) => Number(id)))
        .sort((a, b) => a - b),
    ).toEqual([1, 2, 3, 4]);
    const compressed = join(dir, 'a.csv.gz');
    expect(await eventsOf(all, { file: compressed, offset: 5, line: 3 })).toEqual([
      { id: '2' },
      { id: '3' },
      { id: '4' },
    ]);
  });

  test('does not take files for read whose paths are written otherwise than when it stood in them', async () => {
    const source = csvSource({ name: 'csv', files: put('in.csv', 'id\n1\n') });
    await expect(eventsOf(source, { file: 'data/a.csv', offset: 3, line: 2 })).rejects.toThrow(
      /stood in data\/a\.csv, and its files are absolute paths now, such as .*in\.csv/,
    );
    const here = csvSource({ name: 'csv', files: 'package.json' });
    await expect(eventsOf(here, { file: '/data/a.csv', offset: 3, line: 2 })).rejects.toThrow(
      'stood in /data/a.csv, and its files are relative paths now, such as package.json',
    );
  });

  test('says what it cannot read', async () => {
    await expect(eventsOf(csvSource({ name: 'csv', files: join(dir, '*.tsv') }))).rejects.toThrow(
      /no file matches .*tsv/,
    );
    await expect(eventsOf(csv('a,a\n1,2\n'))).rejects.toThrow('column a is there twice');
    const file = put('in.csv', 'id\n1\n2\n');
    truncateSync(file, 3);
    await expect(
      eventsOf(csvSource({ name: 'csv', files: file }), { file, offset: 7, line: 4 }),
    ).rejects.toThrow('in.csv is shorter than it was: it was read up to byte 7');
    expect(() => csvSource({ name: 'csv', files: file, maxRowBytes: 0 })).toThrow('maxRowBytes must be');
    const replay = { speed: -1, maxPauseMs: -1, eventTime: () => 0 };
    expect(() => csvSource({ name: 'csv', files: file, replay })).toThrow(
      /replay.speed must be .*; replay.maxPauseMs/,
    );
  });
});

describe('ndjsonSource', () => {
  test('gives the value of each line, and rejects what is none', async () => {
    const file = put('in.ndjson', '\ufeff{"a":1}\r\n\n{"a":\n"ü"\n' + `"${'x'.repeat(100)}"\n[2]`);
    const source = ndjsonSource({ name: 'lines', files: file, maxRowBytes: 50 });
    expect(await eventsOf(source)).toEqual([{ a: 1 }, 'ü', [2]]);
    expect(await reasonsOf(source)).toEqual([
      [expect.stringMatching(/^in.ndjson:3: .*JSON/), '{"a":'],
      ['in.ndjson:5: it is longer than 50 bytes', `"${'x'.repeat(49)}`],
    ]);
    const [first] = await batchesOf(ndjsonSource({ name: 'lines', files: put('one.ndjson', '1\n2\n') }));
    expect(first!.position).toEqual({ file: join(dir, 'one.ndjson'), offset: 4, line: 3 });
    expect(await eventsOf(source, { file, offset: 19, line: 4 })).toEqual(['ü', [2]]);
  });
});

test('ndjsonSource rejects lines that are no UTF-8', async () => {
  const content = Buffer.concat([
    Buffer.from('"ü"\n'),
    Buffer.from('"\xfc"\n', 'latin1'),
    Buffer.from('1\n'),
  ]);
  const source = ndjsonSource({ name: 'lines', files: put('in.ndjson', content) });
  expect(await eventsOf(source)).toEqual(['ü', 1]);
  expect(await reasonsOf(source)).toEqual([['in.ndjson:2: it is no UTF-8', '"\ufffd"']]);
});

describe('a replay', () => {
  const readings = [0, 1_000, 1_000, 500, 3_600_000, 3_601_000]
    .map((at) => `${JSON.stringify({ at })}\n`)
    .join('');
  const pacesOf = async (speed: number | 'max', more: { startTimeMs?: number } = {}) => {
    const pauses: number[] = [];
    let nowMs = 100;
    const paced = {
      nowMs: () => nowMs,
      delay: async (ms: number) => {
        pauses.push(ms);
        nowMs += ms;
      },
    };
    const replay = { speed, eventTime: ({ at }: { at: number }) => at, maxPauseMs: 10_000, ...more };
    const source = ndjsonSource<{ at: number }>({ name: 'paced', files: put('in.ndjson', readings), replay });
    const { signal } = new AbortController();
    const counts: number[] = [];
    const start = { position: null, split: 0, numSplits: 1, signal, clock: paced };
    for await (const { events } of source.start(start)) counts.push(events.length);
    return { pauses, counts };
  };

  test('gives events as their times came, faster by the speed; a long pause is capped, and what comes after it moves up', async () => {
    expect(await pacesOf(1)).toEqual({ pauses: [1_000, 10_000, 1_000], counts: [1, 3, 1, 1] });
    expect(await pacesOf(10)).toEqual({ pauses: [100, 10_000, 100], counts: [1, 3, 1, 1] });
    expect(await pacesOf('max')).toEqual({ pauses: [], counts: [6] });
  });

  test('begins with the time that is due at the start', async () => {
    expect(await pacesOf(1, { startTimeMs: -2_000 })).toEqual({
      pauses: [2_000, 1_000, 10_000, 1_000],
      counts: [1, 3, 1, 1],
    });
    expect((await pacesOf(1, { startTimeMs: 3_600_000 })).pauses).toEqual([1_000]);
  });

  test('waits by the clock, and commits what is due before it waits', async () => {
    const log = embedded();
    const hand = new ManualClock(1_000_000);
    const target = topic('readings', { value: json<{ at: number }>() });
    await log.admin.create([{ topic: 'readings', numPartitions: 1 }]);
    const replay = { speed: 10, eventTime: ({ at }: { at: number }) => at };
    const source = ndjsonSource<{ at: number }>({ name: 'paced', files: put('in.ndjson', readings), replay });
    const running = runResumableSource(source, {
      applicationId: 'app',
      log,
      topic: target,
      clock: hand,
      commitIntervalMs: 50,
    });
    const times = async () => (await readTopic(log, target)).map(({ value }) => value!.at);
    let isOver = false;
    void running.done.then(() => (isOver = true));
    const moveUntil = async (count: number) => {
      for (let turn = 0; turn < 1_000 && !isOver && (await times()).length < count; turn++) {
        if (hand.nextWakeMs <= limitMs) hand.advance(hand.nextWakeMs - hand.nowMs());
        await new Promise(setImmediate);
      }
    };
    let limitMs = 1_000_099.9; // the commit of the first event; the second is due at 1_000_100
    await moveUntil(2);
    expect(await times()).toEqual([0]);
    limitMs = 1_000_250;
    await moveUntil(5);
    expect(await times()).toEqual([0, 1_000, 1_000, 500]);
    limitMs = Infinity;
    while (!isOver) await moveUntil(Infinity);
    expect(await times()).toHaveLength(6);
    await log.close(1_000);
  });
});

describe('a file that is replayed through crashes', () => {
  test('is in the topic once, row by row; what is no row is in the dead letters once', async () => {
    const log = embedded();
    const numbers = topic('numbers', { key: string(), value: json<{ id: number }>() });
    await log.admin.create(
      ['numbers', 'app-dead-letters'].map((name) => ({ topic: name, numPartitions: 1 })),
    );
    const rows = Array.from({ length: 20_000 }, (_, id) => (id % 1_000 === 7 ? `x${id}` : `${id}`));
    const half = rows.length / 2;
    put('1.csv', ['id', ...rows.slice(0, half)].join('\n'));
    put('2.csv.gz', gzipSync(['id', ...rows.slice(half)].join('\n')));
    const schema = z.object({ id: z.coerce.number().int() });
    let steps = 0;
    const failing = watchCommitSteps(log, async () => {
      if (++steps % 4 === 3) throw new Error('the connection broke');
    });
    const source = csvSource({ name: 'csv', files: join(dir, '*'), schema });
    await runResumableSource(source, {
      applicationId: 'app',
      log: failing,
      topic: numbers,
      key: ({ id }) => `${id}`,
      commitIntervalMs: 1,
      backoffMs: 1,
      maxPendingBytes: 1_000,
    }).done;
    const ids = (await readTopic(log, numbers)).map(({ value }) => value!.id);
    expect(ids).toEqual(rows.filter((row) => !row.startsWith('x')).map(Number));
    const letters = await readTopic(log, topic('app-dead-letters', { value: string() }));
    expect(letters.map(({ value }) => value)).toEqual(rows.filter((row) => row.startsWith('x')));
    expect(steps).toBeGreaterThan(12);
    await log.close(1_000);
  });
});

/** What batches hold, however they are cut. */
function summaryOf(batches: readonly SourceBatch<unknown, FilePosition>[]) {
  const rejected = batches.flatMap((batch) => batch.rejected ?? []);
  return {
    events: batches.flatMap(({ events }) => events),
    rejected: rejected.map(({ reason, raw }) => [reason.message, Buffer.from(raw).toString()]),
  };
}
