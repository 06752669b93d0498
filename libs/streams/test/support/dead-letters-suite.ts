/** What the dead-letter tooling does on a log, said as tests: the same on a broker and on the embedded log. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  DEAD_LETTER_HEADERS,
  DeadLetters,
  LogError,
  partitionFor,
  RecordBatchWriter,
  RecordCursor,
  REPLAY_HEADERS,
  type DeadLettersOptions,
  type Headers,
  type LogPort,
  type ReplayAuditEntry,
  type ReplayAuditOptions,
  type Transaction,
} from '@hiveframe/streams';
import { instead } from './instead.ts';

export interface DeadLettersUnderTest {
  /** A fresh client of the same cluster; closed by the suite. */
  readonly log: () => LogPort;
  readonly uniqueName: (prefix: string) => string;
}

interface Letter {
  readonly value: string | null;
  readonly key?: string | null;
  /** Of the record and of the dead letter. */
  readonly partition?: number;
  readonly timestampMs?: number;
  readonly kind?: string;
  readonly message?: string;
  readonly headers?: Headers;
}
interface Found {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

const PARTITIONS = 3;
const NOW_MS = Date.now();
const TIMEOUT_MS = 60_000;
const by = 'ada';

class Scene {
  readonly log: LogPort;
  readonly applicationId: string;
  readonly source: string;

  constructor(log: LogPort, name: string) {
    this.log = log;
    this.applicationId = name;
    this.source = `${name}.source`;
  }

  deadLetters(options: Partial<DeadLettersOptions> = {}): DeadLetters {
    return new DeadLetters({ applicationId: this.applicationId, log: this.log, ...options });
  }

  async prepare(): Promise<void> {
    await this.log.connect();
    const config = { 'retention.ms': '-1' };
    await this.log.admin.create([
      { topic: this.source, numPartitions: PARTITIONS, config },
      { topic: `${this.source}.other`, numPartitions: 4, config },
      {
        topic: `${this.source}.narrow`,
        numPartitions: 1,
        config: { ...config, 'max.message.bytes': '2000' },
      },
      { topic: `${this.applicationId}-dead-letters`, numPartitions: PARTITIONS, config },
    ]);
  }

  /** As the engine writes them. */
  async write(letters: readonly Letter[], send?: Transaction['send']): Promise<void> {
    const writer = this.log.writer();
    const partitions = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
    for (const [index, letter] of letters.entries()) {
      const { key = 'k', value, partition = 0, headers = [] } = letter;
      const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
      const all = [...headers, ...this.#reasons(letter, index)];
      partitions[partition]!.append(bytes(key), bytes(value), NOW_MS + index, all);
    }
    const topic = `${this.applicationId}-dead-letters`;
    const batches = partitions.flatMap((one, partition) =>
      one.count === 0 ? [] : [{ topic, partition, records: one.take() }],
    );
    await (send ?? ((all) => writer.send(all)))(batches);
    await writer.close();
  }

  #reasons(letter: Letter, index: number): Headers {
    const names = DEAD_LETTER_HEADERS;
    const { kind = 'processing', message = 'it failed', partition = 0, timestampMs = index } = letter;
    return Object.entries({
      [names.exception]: 'RangeError',
      [names.message]: message,
      [names.topic]: this.source,
      [names.partition]: String(partition),
      [names.offset]: String(100 + index),
      [names.timestamp]: String(timestampMs),
      [names.kind]: kind,
      [names.task]: `0_${partition}`,
      [names.application]: this.applicationId,
    }).map(([name, text]) => [name, Buffer.from(text)]);
  }

  /** All of it that will be seen: on a broker a commit is seen a little after its answer. */
  async read(topic = this.source): Promise<Found[]> {
    const numPartitions = (await this.log.admin.describe([topic])).get(topic)!.numPartitions;
    const all = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    const found: Found[] = [];
    for (const { partition, offset: end } of await this.log.admin.offsets(all, 'end')) {
      const reader = this.log.reader({ isolation: 'read_committed' });
      reader.assign({ topic, partition }, 0);
      for (let position = 0; position < end;) {
        for (const fetched of await reader.poll({ maxWaitMs: 100 })) {
          const cursor = new RecordCursor();
          cursor.reset(fetched.batches, fetched.fromOffset);
          while (cursor.next()) found.push(foundAt(partition, cursor));
          position = fetched.nextOffset;
        }
      }
      await reader.close();
    }
    return found;
  }

  async audited(options: ReplayAuditOptions = {}): Promise<readonly ReplayAuditEntry[]> {
    const deadLetters = this.deadLetters();
    await this.read(deadLetters.auditTopic);
    return (await deadLetters.audit({ limit: 1_000, ...options })).items;
  }

  values = async (topic?: string) => (await this.read(topic)).map(({ value }) => value);
}

function foundAt(partition: number, cursor: RecordCursor): Found {
  const { offset, timestampMs } = cursor;
  const headers = Object.fromEntries(
    cursor.headers().map(([name, value]) => [name, Buffer.from(value ?? []).toString()]),
  );
  return {
    partition,
    offset,
    key: cursor.key()?.toString() ?? null,
    value: cursor.value()?.toString() ?? null,
    timestampMs,
    headers,
  };
}

/** The same log, to a process that dies at its n-th commit, before or after it. */
function dyingAt(log: LogPort, commit: number, when: 'before' | 'after'): LogPort {
  let commits = 0;
  return instead(log, {
    transactionalWriter: (options) => {
      const writer = log.transactionalWriter(options);
      const begin = () => {
        const transaction = writer.begin();
        return instead(transaction, {
          commit: async () => {
            commits++;
            if (commits === commit && when === 'before') throw new Error('the process was killed');
            const outcome = await transaction.commit();
            if (commits === commit) throw new Error('the process was killed');
            return outcome;
          },
          abort: async () => undefined, // who is dead aborts nothing
        });
      };
      return instead(writer, { begin });
    },
  });
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index): Letter => ({
    value: `${index}`,
    key: `k${index % 7}`,
    partition: index % PARTITIONS,
  }));
const inOrder = (texts: readonly (string | null)[]) => texts.map(Number).sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

export function describeDeadLetters(name: string, { log, uniqueName }: DeadLettersUnderTest): void {
  describe(`dead letters: ${name}`, () => {
    const open: LogPort[] = [];
    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close(5_000)));
    });
    async function scene(letters: readonly Letter[] = []): Promise<Scene> {
      const client = log();
      open.push(client);
      const made = new Scene(client, uniqueName('app'));
      await made.prepare();
      if (letters.length > 0) await made.write(letters);
      return made;
    }
    const test = (title: string, run: () => Promise<void>) => it(title, run, TIMEOUT_MS);

    test('lists them in pages, partition by partition', async () => {
      const deadLetters = (await scene(numbered(20))).deadLetters();
      const seen: string[] = [];
      let cursor: string | null = '0:0';
      let pages = 0;
      for (; cursor !== null; pages++) {
        const page: Awaited<ReturnType<DeadLetters['list']>> = await deadLetters.list({ limit: 6, cursor });
        seen.push(...page.items.map(({ rawValue }) => Buffer.from(rawValue!).toString()));
        cursor = page.cursor;
      }
      expect(pages).toBe(4);
      expect(seen.map(Number)).toEqual([0, 1, 2].flatMap((p) => upTo(20).filter((n) => n % 3 === p)));
    });

    test('finds them by where they came from, by reason, and by time', async () => {
      const deadLetters = (
        await scene([
          { value: 'a', kind: 'late' },
          { value: 'b', partition: 1, message: 'size -3 is below zero' },
          { value: 'c', partition: 2 },
        ])
      ).deadLetters();
      const values = async (filter: Parameters<DeadLetters['list']>[0]) =>
        (await deadLetters.list(filter)).items.map(({ rawValue }) => Buffer.from(rawValue!).toString());
      expect(await values({ partition: 1 })).toEqual(['b']);
      expect(await values({ topic: 'elsewhere' })).toEqual([]);
      expect(await values({ reason: 'late' })).toEqual(['a']);
      expect(await values({ reason: 'below zero' })).toEqual(['b']);
      expect(await values({ reason: 'RangeError' })).toEqual(['a', 'b', 'c']);
      expect(await values({ sinceMs: NOW_MS + 1 })).toEqual(['b', 'c']);
      expect(await values({ sinceMs: NOW_MS + 1, untilMs: NOW_MS + 2 })).toEqual(['b']);
    });

    test('shows one whole, and none where there is none', async () => {
      const given = await scene([{ value: 'a', headers: [['trace', Buffer.from('t1')]] }]);
      const deadLetters = given.deadLetters();
      expect(await deadLetters.get({ partition: 0, offset: 0 })).toMatchObject({
        topic: deadLetters.topic,
        deadLetteredAtMs: NOW_MS,
        reason: { kind: 'processing', exception: 'RangeError', message: 'it failed', taskId: '0_0' },
        source: { topic: given.source, partition: 0, offset: 100 },
        timestampMs: 0,
        headers: [['trace', expect.anything()]],
        replays: 0,
      });
      expect(await deadLetters.get({ partition: 0, offset: 1 })).toBeNull();
      expect(await deadLetters.get({ partition: 9, offset: 0 })).toBeNull();
    });

    test('sees none whose transaction is not committed', async () => {
      const given = await scene([{ value: 'a' }]);
      const writer = given.log.transactionalWriter({
        transactionalId: uniqueName('other'),
        transactionTimeoutMs: 30_000,
      });
      await writer.open();
      const transaction = writer.begin();
      await given.write([{ value: 'open' }], (batches) => transaction.send(batches));
      const { items } = await given.deadLetters().list();
      expect(items.length).toBe(1);
      expect(await given.deadLetters().replay({ all: true }, { by })).toMatchObject({ replayed: 1 });
      await transaction.abort();
      await writer.close();
      expect((await given.deadLetters().list()).items.length).toBe(1);
    });

    test('replays a record to where it came from, as it was, and says who did', async () => {
      const letter: Letter = {
        value: 'a',
        key: 'x',
        partition: 2,
        timestampMs: 5_000,
        headers: [['trace', Buffer.from('t1')]],
      };
      const given = await scene([letter]);
      const deadLetters = given.deadLetters({ nowMs: () => NOW_MS });
      const report = await deadLetters.replay({ letters: [{ partition: 2, offset: 0 }] }, { by });
      expect(report).toMatchObject({ replayed: 1, refused: {}, cursor: null });
      const [found, ...rest] = await given.read();
      expect(rest).toEqual([]);
      expect(found).toEqual({
        partition: 2,
        offset: 0,
        key: 'x',
        value: 'a',
        timestampMs: 5_000,
        headers: {
          trace: 't1',
          [REPLAY_HEADERS.count]: '1',
          [REPLAY_HEADERS.by]: 'ada',
          [REPLAY_HEADERS.time]: new Date(NOW_MS).toISOString(),
          [REPLAY_HEADERS.topic]: deadLetters.topic,
          [REPLAY_HEADERS.partition]: '2',
          [REPLAY_HEADERS.offset]: '0',
        },
      });
      expect(await given.audited()).toEqual([
        {
          replayId: report.replayId,
          letter: { topic: deadLetters.topic, partition: 2, offset: 0 },
          source: { topic: given.source, partition: 2, offset: 100 },
          to: { topic: given.source, partition: 2, offset: 0 },
          by: 'ada',
          time: new Date(NOW_MS).toISOString(),
          count: 1,
          forced: false,
          again: false,
          edit: null,
        },
      ]);
    });

    test('tells in the audit at which offset each record lies', async () => {
      const given = await scene(numbered(50));
      const deadLetters = given.deadLetters({ maxRecordsPerTransaction: 20 });
      await deadLetters.replay({ all: true }, { by });
      const found = new Map((await given.read()).map((one) => [`${one.partition}:${one.offset}`, one]));
      const items = await given.audited();
      expect(items.length).toBe(50);
      for (const { letter, to } of items) {
        const { headers } = found.get(`${to.partition}:${to.offset}`)!;
        expect([headers[REPLAY_HEADERS.partition], headers[REPLAY_HEADERS.offset]]).toEqual([
          `${letter.partition}`,
          `${letter.offset}`,
        ]);
      }
    });

    test('replays none a second time, unless it is asked to', async () => {
      const given = await scene(numbered(6));
      const deadLetters = given.deadLetters();
      await deadLetters.replay({ letters: [{ partition: 0, offset: 1 }] }, { by });
      expect(await deadLetters.replay({ all: true }, { by })).toMatchObject({
        replayed: 5,
        refused: { alreadyReplayed: 1 },
      });
      expect(inOrder(await given.values())).toEqual(upTo(6));
      const again = await deadLetters.replay({ letters: [{ partition: 0, offset: 1 }] }, { by, again: true });
      expect(again.replayed).toBe(1);
      expect((await given.values()).length).toBe(7);
      const items = await given.audited({ letter: { partition: 0, offset: 1 } });
      expect(items.map((entry) => entry.again)).toEqual([false, true]);
    });

    test('replays to a topic that is named, by key, with what was edited, and keeps hashes of it', async () => {
      const given = await scene([{ value: '{"id":12345678901234567890,"size":-3,"old":1}', key: 'x' }]);
      const edit = { value: { merge: { size: 3, old: null } }, headers: { mended: 'yes' } };
      const to = `${given.source}.other`;
      const deadLetters = given.deadLetters();
      await deadLetters.replay({ all: true }, { by, to, edit });
      expect(await given.read(to)).toMatchObject([
        {
          partition: partitionFor(Buffer.from('x'), 4),
          value: '{"id":12345678901234567890,"size":3}',
          headers: { mended: 'yes' },
        },
      ]);
      expect(await given.read()).toEqual([]);
      const [entry] = await given.audited();
      const changed = {
        before: expect.stringMatching(/^sha256:\w{64}$/),
        after: expect.stringMatching(/^sha256:/),
      };
      expect(entry!.edit).toEqual({ value: changed, headers: changed });
      expect(JSON.stringify(entry)).not.toContain('12345678901234567890');
    });

    test('writes nothing in a dry run, and tells what it would', async () => {
      const given = await scene([
        { value: 'a' },
        { value: 'result', kind: 'production', partition: 1 },
        { value: 'b', partition: 2 },
      ]);
      const deadLetters = given.deadLetters();
      const report = await deadLetters.replay({ all: true }, { by, dryRun: true });
      expect(report).toMatchObject({ dryRun: true, replayed: 2, refused: { noSource: 1 } });
      const byPartition = [...report.outcomes].sort((a, b) => a.letter.partition - b.letter.partition);
      expect(byPartition).toEqual([
        expect.objectContaining({ to: { topic: given.source, partition: 0 }, count: 1, decodes: null }),
        expect.objectContaining({ refusal: 'noSource' }),
        expect.objectContaining({ to: { topic: given.source, partition: 2 } }),
      ]);
      expect(await given.read()).toEqual([]);
      expect((await given.log.admin.describe([deadLetters.auditTopic])).size).toBe(0);
    });

    test('refuses what cannot be, one by one, and replays the others', async () => {
      const long = 'x'.repeat(5_000);
      const given = await scene([{ value: 'a' }, { value: long }, { value: 'b' }]);
      const deadLetters = given.deadLetters();
      const letters = [0, 1, 2, 3].map((offset) => ({ partition: 0, offset }));
      const narrow = `${given.source}.narrow`;
      expect(await deadLetters.replay({ letters }, { by, to: narrow })).toMatchObject({
        replayed: 2,
        refused: { tooLarge: 1, notFound: 1 },
      });
      expect(await given.values(narrow)).toEqual(['a', 'b']);
      const absent = await deadLetters.replay(
        { letters: [{ partition: 0, offset: 1 }] },
        { by, to: 'no-such' },
      );
      expect(absent.refused).toEqual({ noTopic: 1 });
    });

    test('replays each once when two do it at the same time: who comes later goes on, the other hears of it', async () => {
      const given = await scene(numbered(120));
      const replay = (name: string) =>
        given.deadLetters({ maxRecordsPerTransaction: 5 }).replay({ all: true }, { by: name });
      const ends = await Promise.allSettled([replay('ada'), replay('bob')]);
      for (const end of ends)
        if (end.status === 'rejected') expect((end.reason as LogError).failure).toEqual({ kind: 'fenced' });
      await replay('eve');
      expect(inOrder(await given.values())).toEqual(upTo(120));
      expect((await given.audited()).length).toBe(120);
    });

    for (const when of ['before', 'after'] as const) {
      test(`does the rest when it is run again after its process was killed ${when} a commit`, async () => {
        const given = await scene(numbered(40));
        const options = { maxRecordsPerTransaction: 10 };
        const killed = given.deadLetters({ ...options, log: dyingAt(given.log, 2, when) });
        await expect(killed.replay({ all: true }, { by })).rejects.toThrow('the process was killed');
        const rest = await given.deadLetters(options).replay({ all: true }, { by });
        const before = when === 'before' ? 10 : 20;
        expect(rest).toMatchObject({ replayed: 40 - before, refused: { alreadyReplayed: before } });
        expect(inOrder(await given.values())).toEqual(upTo(40));
        expect((await given.audited()).length).toBe(40);
      });
    }

    test('goes on where a limit has ended it', async () => {
      const given = await scene(numbered(10));
      const deadLetters = given.deadLetters();
      const first = await deadLetters.replay({ all: true }, { by, limit: 4 });
      expect(first).toMatchObject({ replayed: 4, cursor: '1:0' });
      const rest = await deadLetters.replay({ all: true }, { by, cursor: first.cursor! });
      expect(rest).toMatchObject({ replayed: 6, refused: {}, cursor: null });
    });
  });
}
