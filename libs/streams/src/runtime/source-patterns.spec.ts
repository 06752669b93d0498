import { describe, expect, it } from '@jest/globals';
import {
  json,
  resetApplication,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  topicPattern,
  type Logger,
  type LogPort,
  type StreamsConfig,
} from '@hiveframe/streams';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';
import { SourcePatterns } from './source-patterns.ts';

const numbers = { key: string(), value: json<number>() };
const sensors = topicPattern(/sensors-.+/, numbers);

function copying(): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder.stream(sensors).to(topic('copies', numbers));
  return builder;
}
function counting(): StreamsBuilder {
  const builder = new StreamsBuilder();
  builder
    .stream(sensors)
    .groupBy((_, key) => key, { name: 'by-key' })
    .count()
    .toStream()
    .to(topic('copies', { key: string(), value: json<number | null>() }));
  return builder;
}
const lines: string[] = [];
const logger: Logger = { log: (level, text) => void lines.push(`${level}: ${text}`) };
async function start(
  log: LogPort,
  builder: StreamsBuilder,
  config: Partial<StreamsConfig> = {},
): Promise<StreamsApp> {
  const app = new StreamsApp(builder.build(), {
    applicationId: 'app',
    processingGuarantee: 'exactly_once',
    log,
    logger,
    commitIntervalMs: 5,
    metadataMaxAgeMs: 20,
    ...config,
  });
  afterTest(() => app.stop({ timeoutMs: 2_000 }));
  await app.start();
  return app;
}
const put = (log: LogPort, name: string, partition: number, ...values: number[]) =>
  write(
    log,
    { topic: name, partition },
    values.map((value) => ({ key: 'k', value: String(value), timestampMs: value })),
  );
const create = (log: LogPort, name: string, numPartitions: number) =>
  log.admin.create([{ topic: name, numPartitions }]);
const has = async (log: LogPort, ...values: number[]) => {
  const found = (await readNumbers(log, 'copies')).get('k') ?? [];
  return JSON.stringify(found.toSorted((a, b) => a - b)) === JSON.stringify(values);
};
/** A count is told once a commit. */
const isCounted = async (log: LogPort, count: number) =>
  (await readNumbers(log, 'copies')).get('k')?.at(-1) === count;

describe('an application that reads topics by a pattern', () => {
  it('reads a topic that comes later from its beginning; one with more partitions gets new tasks', async () => {
    const log = await cluster({ 'sensors-a': 1, others: 1, copies: 4 });
    const [one, two] = [await start(log.share(), copying()), await start(log.share(), copying())];
    await put(log, 'sensors-a', 0, 1);
    await put(log, 'others', 0, 99);
    await eventually(() => has(log, 1), 'the first topic is read');
    await create(log, 'sensors-b', 3);
    for (const partition of [0, 1, 2]) await put(log, 'sensors-b', partition, 10 + partition);
    await put(log, 'sensors-a', 0, 2);
    await eventually(() => has(log, 1, 2, 10, 11, 12), 'both topics are read');
    expect([one.state, two.state]).toEqual(['running', 'running']);
  });

  it.each(['exactly_once', 'at_least_once', 'at_most_once'] as const)(
    'commits what it did before it joins anew, so that it does nothing twice, %s',
    async (processingGuarantee) => {
      const log = await cluster({ 'sensors-a': 1, copies: 1 });
      const seen: number[] = [];
      const builder = new StreamsBuilder();
      builder
        .stream(sensors)
        .peek((value) => void seen.push(value))
        .to(topic('copies', numbers));
      await start(log.share(), builder, {
        processingGuarantee,
        commitIntervalMs: 30_000,
        transactionTimeoutMs: 60_000,
      });
      await put(log, 'sensors-a', 0, 1, 2);
      await eventually(async () => seen.length === 2, 'the first topic is read');
      expect(await has(log)).toBe(true); // nothing is committed
      await create(log, 'sensors-b', 1);
      await put(log, 'sensors-b', 0, 3);
      await eventually(async () => seen.includes(3), 'the second topic is read');
      expect(await has(log, 1, 2)).toBe(true);
      expect(seen).toEqual([1, 2, 3]);
    },
  );

  it('waits for the first topic that matches', async () => {
    const log = await cluster({ copies: 1 });
    const app = await start(log.share(), counting());
    expect(app.state).toBe('running');
    expect(lines.at(-1)).toContain('rebalancing → running');
    expect(lines.join('\n')).toContain('warn: Pattern /sensors-.+/ matches no topic now; waiting for one.');
    await create(log, 'sensors-a', 2);
    await put(log, 'sensors-a', 1, 7);
    await eventually(() => isCounted(log, 1), 'its record is counted');
  });

  it('keeps its state as topics come, and after a restart with more of them', async () => {
    const log = await cluster({ 'sensors-a': 2, copies: 1 });
    const app = await start(log.share(), counting());
    await put(log, 'sensors-a', 0, 1, 2);
    await eventually(() => isCounted(log, 2), 'two are counted');
    await create(log, 'sensors-b', 4);
    await put(log, 'sensors-b', 3, 3);
    await eventually(() => isCounted(log, 3), 'the third is counted');
    await app.stop();
    await create(log, 'sensors-c', 1);
    await put(log, 'sensors-c', 0, 4);
    await start(log.share(), counting());
    await eventually(() => isCounted(log, 4), 'the fourth is counted');
  });

  it('goes on without a topic that is deleted', async () => {
    const log = await cluster({ 'sensors-a': 1, 'sensors-b': 3, copies: 1 });
    const app = await start(log.share(), counting());
    await put(log, 'sensors-b', 2, 1);
    await eventually(() => isCounted(log, 1), 'one is counted');
    await log.admin.deleteTopics(['sensors-b']);
    await put(log, 'sensors-a', 0, 2);
    await eventually(() => isCounted(log, 2), 'two are counted');
    await eventually(async () => app.state === 'running', 'all is settled');
    await app.stop();
    expect(app.error).toBeUndefined();
    await start(log.share(), counting());
    await put(log, 'sensors-a', 0, 3);
    await eventually(() => isCounted(log, 3), 'three are counted');
  });

  it('is reset with the topics that match', async () => {
    const log = await cluster({ 'sensors-a': 1, copies: 1 });
    const app = await start(log.share(), counting());
    await put(log, 'sensors-a', 0, 1);
    await eventually(() => isCounted(log, 1), 'one is counted');
    await app.stop();
    const { offsets } = await resetApplication({ applicationId: 'app', log });
    expect(offsets).toEqual([{ topic: 'sensors-a', partition: 0, offset: 0 }]);
  });
});

describe('SourcePatterns', () => {
  const patterns = (...all: RegExp[]) => {
    const builder = new StreamsBuilder();
    for (const one of all) builder.stream(topicPattern(one, numbers)).to(topic('copies', numbers));
    return new SourcePatterns(builder.build().graph, { applicationId: 'app', deadLetterTopic: 'letters' });
  };

  it('never match topics of the application or of the broker', () => {
    const found = patterns(/[^c].*/).match(['__offsets', 'app-x-changelog', 'letters', 'apple', 'b']);
    expect([...found]).toEqual([['/[^c].*/', ['apple', 'b']]]);
  });

  it('may not match one topic twice', () => {
    expect(() => patterns(/a.*/, /.b/).match(['ab'])).toThrow(
      'topic ab is matched by the patterns /a.*/ and /.b/',
    );
  });
});
