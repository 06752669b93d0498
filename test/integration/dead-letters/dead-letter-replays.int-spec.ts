/** An application dead-letters a tenth of its input; it is mended, and what it left behind is replayed while it runs: by one operator,
 *  by another who begins meanwhile and is killed, and by a third who does the rest. Each record is processed once, and the audit has each
 *  replay. Read by Kafka's own consumer. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  DeadLetters,
  json,
  partitionFor,
  RecordBatchWriter,
  REPLAY_HEADERS,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type LogPort,
  type ReplayAuditEntry,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RunningProcess } from '../../support/child-process.ts';
import { dumpTopic } from '../../support/dump.ts';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { KEEPS_OLD_RECORDS } from '../../support/topic-config.ts';
import type { ReplayerSettings } from './replayer.ts';

jest.setTimeout(240_000);

const brokers = await kafkaBrokers();
const RECORDS = 10_000;
const BAD = RECORDS / 10;
const KEYS = 50;
const PARTITIONS = 4;
const EVENT_TIME_MS = Date.UTC(2026, 0, 30);

interface Job {
  readonly id: number;
}
const isBad = ({ id }: Job) => id % 10 === 3;
const inOrder = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

(brokers === undefined ? describe.skip : describe)('dead letters of an application on Kafka', () => {
  const run = randomUUID().slice(0, 8);
  const apps: StreamsApp[] = [];
  const processes: RunningProcess[] = [];
  let log: LogPort;

  beforeAll(async () => {
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
  });
  afterEach(async () => {
    processes.splice(0).forEach((one) => one.kill('SIGKILL'));
    await Promise.all(apps.splice(0).map((app) => app.stop()));
  });
  afterAll(() => log.close(5_000));

  /** Topics and application of one test. */
  async function scene(name: string) {
    const applicationId = `dead-${name}-${run}`;
    const jobs = topic(`${applicationId}.jobs`, { key: string(), value: json<Job>() });
    const done = topic(`${applicationId}.done`, { key: string(), value: json<Job>() });
    const counts = topic(`${applicationId}.counts`, { key: string(), value: json<number>() });
    await log.admin.create(
      [jobs, done, counts].map((one) => ({
        topic: one.name,
        numPartitions: PARTITIONS,
        config: KEEPS_OLD_RECORDS,
      })),
    );
    const deadLetters = new DeadLetters({ applicationId, log });

    async function start(isMended: boolean): Promise<StreamsApp> {
      const builder = new StreamsBuilder();
      const worked = builder.stream(jobs).mapValues((job) => {
        if (!isMended && isBad(job)) throw new RangeError(`job ${job.id} is bad`);
        return job;
      });
      worked.to(done);
      worked
        .groupByKey({ name: 'per-key' })
        .count()
        .toStream()
        .mapValues((count) => count ?? 0)
        .to(counts);
      const app = new StreamsApp(builder.build(), {
        applicationId,
        log: kafkajs({ brokers: brokers!.split(',') }),
        processingGuarantee: 'exactly_once',
      });
      apps.push(app);
      await app.start();
      return app;
    }
    async function send(count: number, first = 0): Promise<void> {
      const partitions = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter());
      for (let id = first; id < first + count; id++) {
        const key = Buffer.from(`key-${id % KEYS}`);
        partitions[partitionFor(key, PARTITIONS)]!.append(
          key,
          Buffer.from(JSON.stringify({ id })),
          EVENT_TIME_MS + id,
        );
      }
      const batches = partitions.flatMap((records, partition) =>
        records.count === 0 ? [] : [{ topic: jobs.name, partition, records: records.take() }],
      );
      await log.writer().send(batches);
    }
    async function numLetters(): Promise<number> {
      let count = 0;
      for (let cursor: string | null = '0:0'; cursor !== null;) {
        const page: Awaited<ReturnType<DeadLetters['list']>> = await deadLetters.list({
          limit: 1_000,
          cursor,
        });
        count += page.items.length;
        ({ cursor } = page);
      }
      return count;
    }
    async function audited(): Promise<readonly ReplayAuditEntry[]> {
      const entries: ReplayAuditEntry[] = [];
      for (let cursor: string | null = '0:0'; cursor !== null;) {
        const page: Awaited<ReturnType<DeadLetters['audit']>> = await deadLetters.audit({
          limit: 1_000,
          cursor,
        });
        entries.push(...page.items);
        ({ cursor } = page);
      }
      return entries;
    }
    const hasLetters = (count: number) =>
      eventually(`${count} dead letters`, async () => (await numLetters()) >= count);
    const hasAudited = (count: number, replayer: RunningProcess) =>
      eventually(
        `${count} replays`,
        async () => {
          replayer.assertRunning();
          return (await audited()).length >= count;
        },
        { everyMs: 20 },
      );
    return { applicationId, jobs, done, counts, deadLetters, start, send, hasLetters, audited, hasAudited };
  }

  function spawn(name: string, args: readonly string[]): RunningProcess {
    const child = new RunningProcess({
      name,
      command: process.execPath,
      args: ['--conditions=hf-source', '--disable-warning=ExperimentalWarning', ...args],
      env: { NODE_OPTIONS: '' },
    });
    processes.push(child);
    return child;
  }
  const startReplayer = (applicationId: string, by: string) => {
    const settings: ReplayerSettings = { brokers: brokers!, applicationId, by };
    return spawn(by, [fileURLToPath(new URL('replayer.ts', import.meta.url)), JSON.stringify(settings)]);
  };
  /** The command line as a process. */
  async function deadLettersCommand(applicationId: string, ...args: readonly string[]) {
    const bin = fileURLToPath(new URL('../../../libs/streams-cli/src/bin.ts', import.meta.url));
    const connection = ['--application-id', applicationId, '--brokers', brokers!];
    const child = spawn('hiveframe', [bin, 'dead-letters', ...args, ...connection]);
    const { code } = await child.exited;
    return { code, text: child.lines.join('\n') };
  }
  const idsOf = async (name: string) =>
    (await dumpTopic(brokers!, name)).map(({ value }) => (JSON.parse(value!.toString()) as Job).id);

  it('are each processed once by the mended one, whoever replays, is overtaken or killed', async () => {
    const app = await scene('all');
    const broken = await app.start(false);
    await app.send(RECORDS);
    await app.hasLetters(BAD);
    await eventually('the others', async () => (await idsOf(app.done.name)).length === RECORDS - BAD, {
      everyMs: 1_000,
    });
    await broken.stop();
    await app.start(true);

    const ada = startReplayer(app.applicationId, 'ada');
    await app.hasAudited(100, ada);
    const bob = startReplayer(app.applicationId, 'bob');
    expect((await ada.exited).code).toBe(1);
    expect(ada.lines.join('\n')).toContain('somebody else has begun one');
    const byAda = (await app.audited()).filter(({ by }) => by === 'ada').length;
    await app.hasAudited(byAda + 200, bob);
    bob.kill('SIGKILL');
    await bob.exited;
    const dry = await deadLettersCommand(
      app.applicationId,
      'replay',
      '--all',
      '--by',
      'eve',
      '--dry-run',
      '--json',
    );
    const left = (JSON.parse(dry.text) as { replayed: number }).replayed;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(BAD - byAda - 200);
    const rest = await deadLettersCommand(app.applicationId, 'replay', '--all', '--by', 'eve', '--json');
    expect([rest.code, JSON.parse(rest.text)]).toMatchObject([
      0,
      { replayed: expect.any(Number), refused: { alreadyReplayed: expect.any(Number) } },
    ]);

    const ids = await eventually(
      'every job is done',
      async () => {
        const found = await idsOf(app.done.name);
        return found.length >= RECORDS && found;
      },
      { everyMs: 1_000, timeoutMs: 60_000 },
    );
    expect(inOrder(ids)).toEqual(Array.from({ length: RECORDS }, (_, id) => id));
    const counts = new Map(
      (await dumpTopic(brokers!, app.counts.name)).map(({ key, value }) => [key!.toString(), Number(value)]),
    );
    expect([...counts.values()]).toEqual(Array.from({ length: KEYS }, () => RECORDS / KEYS));

    const entries = await app.audited();
    expect(entries.length).toBe(BAD);
    expect(new Set(entries.map(({ letter }) => `${letter.partition}:${letter.offset}`)).size).toBe(BAD);
    expect(new Set(entries.map(({ by }) => by))).toEqual(new Set(['ada', 'bob', 'eve']));
    const replayed = new Map(
      (await dumpTopic(brokers!, app.jobs.name))
        .filter(({ headers }) => headers[REPLAY_HEADERS.count] !== undefined)
        .map((record) => [`${record.partition}:${record.offset}`, record]),
    );
    expect(replayed.size).toBe(BAD);
    for (const { letter, to, by } of entries) {
      const record = replayed.get(`${to.partition}:${to.offset}`)!;
      const { id } = JSON.parse(record.value!.toString()) as Job;
      expect(record.timestampMs).toBe(EVENT_TIME_MS + id);
      expect(record.headers).toMatchObject({
        [REPLAY_HEADERS.by]: by,
        [REPLAY_HEADERS.partition]: String(letter.partition),
        [REPLAY_HEADERS.offset]: String(letter.offset),
      });
    }
  });

  it('that come back again and again are refused after three replays, unless they are forced', async () => {
    const app = await scene('loop');
    await app.start(false);
    await app.send(1, 3);
    for (let time = 1; time <= 3; time++) {
      await app.hasLetters(time);
      expect(await app.deadLetters.replay({ all: true }, { by: 'ada' })).toMatchObject({ replayed: 1 });
    }
    await app.hasLetters(4);
    const refused = await deadLettersCommand(app.applicationId, 'replay', '--all', '--by', 'ada');
    expect(refused).toEqual({ code: 1, text: expect.stringContaining('1 tooManyReplays') });
    const forced = await deadLettersCommand(app.applicationId, 'replay', '--all', '--by', 'ada', '--force');
    expect(forced).toEqual({ code: 0, text: expect.stringContaining('Replayed 1.') });
    await app.hasLetters(5);
    const replays = (await app.deadLetters.list()).items.map((letter) => letter.replays);
    expect(inOrder(replays)).toEqual([0, 1, 2, 3, 4]);
    expect((await app.audited()).map(({ count, forced: isForced }) => [count, isForced])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
  });
});
