/** Two stream threads on a real Kafka and a real Redis, exactly once: killed one by one, killed together, stopped and started. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  partitionFor,
  RecordBatchWriter,
  RecordCursor,
  ThreadedStreamsApp,
  type LogPort,
  type LogWriter,
} from '@hiveframe/streams';
import type { ThreadInstruments } from '@hiveframe/streams/internal';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { RunningProcess } from '../../support/child-process.ts';
import { Cluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { redisUrl as findRedis } from '../../support/redis.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { sourceWorker } from '../../../libs/streams/test/threads/source-worker.ts';
import { numbersTopics, type NumbersSettings, type Passed } from './numbers.streams.ts';

const MODULE = new URL('./numbers.streams.ts', import.meta.url);
const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const NUM_PARTITIONS = 4;
const KEYS = Array.from({ length: 16 }, (_, index) => `key-${index}`);
const BATCH = 10;

jest.setTimeout(180_000);

const [brokers, redisUrl] = await Promise.all([kafkaBrokers(), findRedis()]);
const canRun = brokers !== undefined && redisUrl !== undefined;

(canRun ? describe : describe.skip)('two stream threads, exactly once', () => {
  let cluster: Cluster;
  let log: LogPort;
  let writer: LogWriter;
  let settings: NumbersSettings;
  let topics: ReturnType<typeof numbersTopics>;
  let logger: RecordingLogger;
  let written: number;
  let writing: Promise<void> | undefined;
  let isWriting: boolean;
  let app: ThreadedStreamsApp | undefined;
  let host: RunningProcess | undefined;

  beforeEach(async () => {
    settings = { brokers: brokers!, redisUrl: redisUrl!, id: `threads-${randomUUID()}` };
    topics = numbersTopics(settings.id);
    logger = new RecordingLogger();
    written = 0;
    cluster = await Cluster.connect(brokers!);
    for (const name of Object.values(topics)) await cluster.createTopic(name, NUM_PARTITIONS);
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    writer = log.writer();
    isWriting = true;
    writing = write();
  });
  afterEach(async () => {
    isWriting = false;
    await writing;
    host?.kill('SIGKILL');
    await host?.exited;
    await app?.stop({ timeoutMs: 5_000 }).catch(() => {});
    [host, app] = [undefined, undefined];
    await log.close(5_000);
    await cluster.removeAll(settings.id);
    await cluster.close();
  });

  /** Some thousand numbers a second, each key counting up, until told to end. */
  async function write(): Promise<void> {
    while (isWriting) {
      const batches = new Map<number, RecordBatchWriter>();
      for (const key of KEYS) {
        const partition = partitionFor(Buffer.from(key), NUM_PARTITIONS);
        const batch = batches.get(partition) ?? new RecordBatchWriter();
        batches.set(partition, batch);
        for (let i = 0; i < BATCH; i++) {
          const value = Buffer.alloc(8);
          value.writeDoubleBE(written + i);
          batch.append(Buffer.from(key), value, Date.now());
        }
      }
      await writer.send(
        Array.from(batches, ([partition, batch]) => ({
          topic: topics.input,
          partition,
          records: batch.take(),
        })),
      );
      written += BATCH;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  function threads(
    options: Partial<ConstructorParameters<typeof ThreadedStreamsApp>[0]> & ThreadInstruments = {},
  ) {
    app = new ThreadedStreamsApp({
      module: MODULE,
      numStreamThreads: 2,
      data: settings,
      logger,
      createWorker: sourceWorker(),
      ...options,
    } as ConstructorParameters<typeof ThreadedStreamsApp>[0]);
    return app;
  }
  function startHost(): RunningProcess {
    return (host = new RunningProcess({
      name: 'host',
      command: NODE,
      args: ['--conditions=hf-source', HOST],
      env: { NUMBERS: JSON.stringify(settings), NODE_OPTIONS: '' },
    }));
  }

  /** Everything committed of a topic, by key. */
  async function read<T>(name: string, parse: (value: Buffer) => T): Promise<Map<string, T[]>> {
    const found = new Map<string, T[]>();
    const partitions = KEYS.slice(0, NUM_PARTITIONS).map((_, partition) => ({ topic: name, partition }));
    const ends = await log.admin.offsets(partitions, 'lastStable');
    const waiting = new Map(ends.map(({ partition, offset }) => [partition, offset]));
    const reader = log.reader({ isolation: 'read_committed' });
    for (const at of partitions) reader.assign(at, 0);
    const positions = new Map<number, number>();
    const cursor = new RecordCursor();
    while ([...waiting].some(([partition, end]) => (positions.get(partition) ?? 0) < end)) {
      for (const { partition, batches, fromOffset, nextOffset } of await reader.poll({ maxWaitMs: 200 })) {
        positions.set(partition, nextOffset);
        cursor.reset(batches, fromOffset);
        while (cursor.next()) {
          const key = Buffer.from(cursor.key()!).toString();
          found.set(key, [...(found.get(key) ?? []), parse(Buffer.from(cursor.value()!))]);
        }
      }
    }
    await reader.close();
    return found;
  }
  const passed = () => read<Passed>(topics.passed, (value) => JSON.parse(value.toString()) as Passed);

  /** At least so many of each key came out; so the application works. */
  async function untilPassed(count: number, by: readonly string[] = []): Promise<void> {
    await eventually(
      `${count} numbers of each key, by ${by.join(' and ') || 'anybody'}`,
      async () => {
        host?.assertRunning();
        const found = await passed();
        const seen = new Set([...found.values()].flatMap((all) => all.map(({ thread }) => thread)));
        return (
          KEYS.every((key) => (found.get(key)?.length ?? 0) >= count) && by.every((name) => seen.has(name))
        );
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
  }

  /** No more is written; what was is there once, in order, and counted. */
  async function expectExact(): Promise<void> {
    isWriting = false;
    await writing;
    await cluster.waitForCommitted(settings.id, topics.input, { timeoutMs: 60_000 });
    const [all, counts] = [await passed(), await read(topics.counts, (value) => value.readDoubleBE())];
    const expected = Array.from({ length: written }, (_, number) => number);
    for (const key of KEYS) {
      expect(all.get(key)?.map(({ number }) => number)).toEqual(expected);
      const steps = counts.get(key)!;
      expect(steps.at(-1)).toBe(written);
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
    }
  }

  it('share the partitions; what a killed one had goes to the other, and back to its replacement', async () => {
    const workers: Worker[] = [];
    const create = sourceWorker();
    const one = threads({
      onThreadFailure: 'replaceThread',
      createWorker: (main, options) => {
        workers.push(create(main, options));
        return workers.at(-1)!;
      },
    });
    await one.start();
    await untilPassed(20, ['StreamThread-1', 'StreamThread-2']);
    await workers[0]!.terminate(); // anywhere in its commit
    await eventually('the replacement', () => workers.length === 3);
    await eventually('running again', () => one.state === 'running', { timeoutMs: 60_000 });
    const before = new Map(Array.from(await passed(), ([key, all]) => [key, all.length]));
    await eventually('both work', async () => {
      const since = Array.from(await passed(), ([key, all]) => all.slice(before.get(key)));
      return new Set(since.flat().map(({ thread }) => thread)).size === 2;
    });
    expect(logger.with('error ')).toEqual([expect.stringMatching(/^error StreamThread-1 ended with code 1/)]);
    await expectExact();
    await one.stop();
  });

  it('are exact after a graceful stop in the middle, and go on where they stopped', async () => {
    const one = threads();
    await one.start();
    await untilPassed(20);
    await one.stop({ timeoutMs: 10_000 });
    expect(logger.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    expect(await cluster.numMembers(settings.id)).toBe(0); // so nobody waits for a session to end
    await threads().start();
    await expectExact();
  });

  it('are exact after the process was killed, twice', async () => {
    for (let round = 1; round <= 2; round++) {
      const killed = startHost();
      await untilPassed(40 * round);
      killed.kill('SIGKILL');
      await killed.exited;
    }
    const last = startHost();
    await expectExact();
    expect(await last.stop()).toEqual({ code: 0, signal: null });
    expect(last.lines.at(-1)).toMatch(/stopping → stopped$/);
  });
});
