/** Functions of the user that take longer than any timeout of the group or of a transaction.
 *  HANDLER_MS= how long one takes. @defaultValue 12_000: twice the session timeout, four times the transaction timeout */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import {
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type LogPort,
  type LogWriter,
  type StreamsConfig,
  type TopicPartition,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { batchOf, numbered, readTexts } from '../support/log-records.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const HANDLER_MS = Number(process.env['HANDLER_MS'] ?? 12_000);
const SESSION_TIMEOUT_MS = 6_000;
const TRANSACTION_TIMEOUT_MS = 3_000;
const NUM_QUICK = 2_000;

jest.setTimeout(180_000 + 10 * HANDLER_MS);

type Handler = (value: string) => Promise<string> | string;

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('a handler that takes long', () => {
  let log: LogPort;
  let writer: LogWriter;
  let id: string;
  let apps: StreamsApp[];
  let logger: RecordingLogger;
  /** What the handler was called with. */
  let handled: string[];

  beforeEach(async () => {
    id = `pressure-${randomUUID()}`;
    apps = [];
    handled = [];
    logger = new RecordingLogger();
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create([
      { topic: input(0).topic, numPartitions: 2 },
      ...[0, 1].map((partition) => ({ topic: output(partition).topic, numPartitions: 1 })),
    ]);
    writer = log.writer();
  });
  afterEach(async () => {
    await Promise.allSettled(apps.map((app) => app.stop({ timeoutMs: 2_000 })));
    await writer.close();
    const topics = [input(0).topic, output(0).topic, output(1).topic];
    await log.admin.deleteTopics(topics).catch(() => {});
    await log.close(5_000);
  });

  const input = (partition: number): TopicPartition => ({ topic: `${id}-in`, partition });
  /** What comes from each input partition goes to a topic of its own. */
  const output = (partition: number): TopicPartition => ({ topic: `${id}-out${partition}`, partition: 0 });
  const send = (partition: number, texts: readonly string[]) =>
    writer.send([batchOf(input(partition), texts)]);
  const endOf = async (at: TopicPartition) => (await log.admin.offsets([at], 'lastStable'))[0]!.offset;
  const committed = async (at: TopicPartition) => (await log.admin.committed(id, [at]))[0]?.offset ?? 0;
  const hasCommitted = (at: TopicPartition, offset: number) =>
    eventually(
      `${at.topic}-${at.partition} committed to ${offset}`,
      async () => (await committed(at)) === offset,
      {
        timeoutMs: 60_000 + 5 * HANDLER_MS,
        everyMs: 200,
      },
    );

  async function outputOf(partition: number): Promise<string[]> {
    const end = await endOf(output(partition));
    if (end === 0) return [];
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign(output(partition), 0);
    const texts = await readTexts(reader, end);
    await reader.close();
    return texts;
  }

  async function run(handler: Handler, config: Partial<StreamsConfig> = {}): Promise<StreamsApp> {
    const value = string();
    const builder = new StreamsBuilder();
    const results = builder.stream(topic(input(0).topic, { value })).mapValuesAsync(
      async (text) => {
        handled.push(text);
        return handler(text);
      },
      { name: 'handle', concurrency: 1, timeoutMs: 20 * HANDLER_MS },
    );
    results.filter((text) => text.startsWith('slow')).to(topic(output(0).topic, { value }));
    results.filter((text) => text.startsWith('quick')).to(topic(output(1).topic, { value }));
    const app = new StreamsApp(builder.build(), {
      applicationId: id,
      log: kafkajs({ brokers: brokers!.split(','), logger }),
      logger,
      processingGuarantee: 'exactly_once',
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      ...config,
    });
    apps.push(app);
    await app.start();
    return app;
  }
  const slowly: Handler = async (value) => {
    if (value.startsWith('slow')) await delay(HANDLER_MS);
    return value;
  };
  const hasBegun = (value: string) => eventually(`${value} is handled`, () => handled.includes(value));

  it('keeps membership and transactions, claims nothing unanswered, and holds no other partition up', async () => {
    await send(0, ['slow1', 'slow2', 'slow3']);
    await send(1, numbered('quick', NUM_QUICK));
    const app = await run(slowly);
    await hasBegun('slow1');
    const beganMs = performance.now();
    await hasCommitted(input(1), NUM_QUICK);
    expect(performance.now() - beganMs).toBeLessThan(HANDLER_MS);
    expect(await committed(input(0))).toBe(0);
    await hasCommitted(input(0), 1); // by itself: what is behind it need not be answered for that
    await hasCommitted(input(0), 3);
    expect(await outputOf(0)).toEqual(['slow1', 'slow2', 'slow3']);
    expect(await outputOf(1)).toEqual(numbered('quick', NUM_QUICK));
    expect(app.state).toBe('running');
    expect(logger.with('Joined group')).toHaveLength(1);
    expect(logger.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    await app.stop();
  });

  it('is given up by a stop when its time is over, and its record comes again, once', async () => {
    await send(0, ['slow1', 'slow2']);
    const app = await run(slowly);
    await hasBegun('slow1');
    const beganMs = performance.now();
    await expect(app.stop({ timeoutMs: 1_500 })).rejects.toThrow(
      'did not finish its work within 1500 ms: open transactions are aborted, their input is processed again',
    );
    expect(performance.now() - beganMs).toBeLessThan(HANDLER_MS / 2);
    expect(await committed(input(0))).toBe(0);
    const next = await run((value) => value);
    await hasCommitted(input(0), 2);
    await next.stop();
    expect(await outputOf(0)).toEqual(['slow1', 'slow2']);
  });

  it('is waited for by a stop that has the time', async () => {
    await send(0, ['slow1', 'slow2']);
    const app = await run(slowly);
    await hasBegun('slow1');
    await app.stop({ timeoutMs: 2 * HANDLER_MS });
    expect(await committed(input(0))).toBe(1);
    expect(await outputOf(0)).toEqual(['slow1']);
  });

  it('is waited for by a rebalance, and is neither lost nor repeated', async () => {
    await send(0, ['slow1', 'slow2']);
    await run(slowly);
    await hasBegun('slow1');
    await run(slowly);
    await send(0, ['slow3']);
    await send(1, numbered('quick', 10));
    await Promise.all([hasCommitted(input(0), 3), hasCommitted(input(1), 10)]);
    expect(await outputOf(0)).toEqual(['slow1', 'slow2', 'slow3']);
    expect(await outputOf(1)).toEqual(numbered('quick', 10));
    expect(handled.filter((value) => value === 'slow1')).toHaveLength(1);
  });

  it('is given up by a rebalance that cannot wait for it, and its record comes again, once', async () => {
    await send(0, ['slow1', 'slow2']);
    await send(1, numbered('quick', 10));
    const config = { rebalanceTimeoutMs: 6_000 };
    let isSlow = true;
    const handler: Handler = (value) => (isSlow ? slowly(value) : value);
    await run(handler, config);
    await hasBegun('slow1');
    await hasCommitted(input(1), 10);
    isSlow = false;
    await run(handler, config);
    await Promise.all([hasCommitted(input(0), 2), hasCommitted(input(1), 10)]);
    expect(await outputOf(0)).toEqual(['slow1', 'slow2']);
    expect(await outputOf(1)).toEqual(numbered('quick', 10));
    expect(handled.filter((value) => value === 'slow1')).toHaveLength(2);
    expect(handled.filter((value) => value === 'quick0')).toHaveLength(1);
    expect(logger.with('did not commit in the time a rebalance allows')).toHaveLength(1);
  });

  it('costs the membership when it blocks the process beyond the session, and its record comes again, once', async () => {
    await send(0, ['slow1', 'slow2']);
    let isBlocking = true;
    await run((value) => {
      if (isBlocking) block(SESSION_TIMEOUT_MS + 3_000);
      isBlocking = false;
      return value;
    });
    await hasCommitted(input(0), 2);
    expect(await outputOf(0)).toEqual(['slow1', 'slow2']);
    expect(handled.filter((value) => value === 'slow1')).toHaveLength(2);
    expect(logger.with('Membership was lost')).toHaveLength(1);
    expect(logger.with('handle blocked the process')).toHaveLength(1);
  });
});

/** Nothing else happens in this process meanwhile, heartbeats neither. */
function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
