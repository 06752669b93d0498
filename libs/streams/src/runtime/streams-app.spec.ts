import { describe, expect, it, jest } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import {
  inMemoryStores,
  json,
  LogError,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  TopologyError,
  type LogPort,
  type ProcessingGuarantee,
  type StateChange,
  type StreamsConfig,
} from '@hiveframe/streams';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: json<number>() });

function wordCount() {
  const builder = new StreamsBuilder();
  const table = builder
    .stream(words)
    .groupBy((word) => word, { name: 'by-word' })
    .count();
  table
    .toStream()
    .mapValues((n) => n ?? 0)
    .to(counts);
  return builder.build();
}

/** The log outlives the application, as a cluster does. */
function app(log: EmbeddedLog, config: Partial<StreamsConfig> = {}): StreamsApp {
  const one = new StreamsApp(wordCount(), {
    applicationId: 'word-count',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    ...config,
    log: log.share(),
  });
  afterTest(() => one.stop({ timeoutMs: 2_000 }).catch(() => {}));
  return one;
}

const words4 = () => cluster({ words: 4 });

async function writeWords(log: LogPort, texts: readonly string[]): Promise<void> {
  for (const [i, value] of texts.entries()) {
    await write(log, { topic: 'words', partition: i % 4 }, [{ key: 'k', value, timestampMs: 1 }]);
  }
}

/** Every committed count, in order, by word. */
const read = (log: LogPort) => readNumbers(log, 'counts');

const last = (found: Map<string, number[]>) =>
  Object.fromEntries(Array.from(found, ([word, all]) => [word, all.at(-1)]));

describe('StreamsApp', () => {
  it('counts over a repartition topic, from start to stop', async () => {
    const log = await words4();
    await writeWords(log, ['a', 'b', 'a', 'c', 'a']);
    const changes: StateChange[] = [];
    const one = app(log);
    one.listen({ onStateChange: (change) => changes.push(change) });
    await one.start();
    expect(one.state).toBe('running');
    await eventually(async () => last(await read(log))['a'] === 3, 'a counted');
    await one.stop();
    expect(last(await read(log))).toEqual({ a: 3, b: 1, c: 1 });
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'created rebalancing',
      'rebalancing running',
      'running stopping',
      'stopping stopped',
    ]);
  });

  it('goes on after a restart where it stopped, with its state', async () => {
    const log = await words4();
    await writeWords(log, ['a', 'b']);
    const first = app(log);
    await first.start();
    await eventually(async () => last(await read(log))['b'] === 1, 'first run');
    await first.stop();
    await writeWords(log, ['a']);
    const second = app(log);
    await second.start();
    await eventually(async () => last(await read(log))['a'] === 2, 'second run');
    expect(Array.from((await read(log)).get('a')!)).toEqual([1, 2]);
  });

  it.each<ProcessingGuarantee>(['exactly_once', 'at_least_once', 'at_most_once'])(
    'shares the tasks with a second instance and takes them back, %s',
    async (processingGuarantee) => {
      const log = await words4();
      const config = { processingGuarantee, stores: inMemoryStores() };
      const [one, two] = [app(log, config), app(log, { ...config, stores: inMemoryStores() })];
      await one.start();
      await writeWords(log, ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd']);
      await two.start();
      await writeWords(log, ['a', 'b', 'c', 'd']);
      await eventually(async () => Object.values(last(await read(log))).join() === '3,3,3,3', 'with two');
      await two.stop();
      await writeWords(log, ['a', 'b', 'c', 'd']);
      await eventually(
        async () => Object.values(last(await read(log))).join() === '4,4,4,4',
        'with one again',
      );
      if (processingGuarantee === 'exactly_once') {
        for (const all of (await read(log)).values())
          expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
      }
    },
  );

  it('begins anew when the log goes away while it prepares its topics, saying so', async () => {
    const shared = (await words4()).share();
    const away = new LogError({ kind: 'unavailable' }, 'Cannot read metadata: nobody answers.');
    const describe = jest.spyOn(shared.admin, 'describe');
    for (let tries = 0; tries < 3; tries++) describe.mockRejectedValueOnce(away);
    const lines: string[] = [];
    const one = new StreamsApp(wordCount(), {
      applicationId: 'word-count',
      log: shared,
      logger: { log: (level, text) => lines.push(`${level} ${text}`) },
    });
    afterTest(() => one.stop());
    await one.start();
    expect(one.state).toBe('running');
    expect(
      lines.filter((line) => line.startsWith('warn Cannot prepare the topics of word-count yet')),
    ).toHaveLength(3);
  });

  it('waits for a source topic that does not exist, saying so, and can be stopped meanwhile', async () => {
    const log = embedded();
    afterTest(() => log.close(1_000));
    const lines: string[] = [];
    const one = app(log, { logger: { log: (_level, text) => lines.push(text) } });
    const starting = one.start();
    await eventually(async () => lines.some((line) => line.includes('words does not exist')), 'the warning');
    expect(one.state).toBe('rebalancing');
    await one.stop();
    await starting;
    expect(one.state).toBe('stopped');
  });

  it.each([
    ['exactly_once', 'processed again'],
    ['at_least_once', 'processed again'],
    ['at_most_once', 'lost'],
  ] as const)(
    'tells what becomes of work that %s did not finish when it stopped: %s',
    async (guarantee, end) => {
      const log = await words4();
      const started = Promise.withResolvers<void>();
      const builder = new StreamsBuilder();
      builder
        .stream(words)
        .mapValuesAsync(
          () => {
            started.resolve();
            return new Promise<string>(() => {}); // never
          },
          { name: 'never', concurrency: 1, timeoutMs: 60_000 },
        )
        .to(topic('elsewhere', { key: string(), value: string() }));
      const one = new StreamsApp(builder.build(), {
        applicationId: 'slow',
        processingGuarantee: guarantee,
        log,
      });
      await one.start();
      await writeWords(log, ['a']);
      await started.promise;
      await expect(one.stop({ timeoutMs: 50 })).rejects.toThrow(new RegExp(`within 50 ms: .*${end}\\.$`));
    },
  );

  it('refuses sources whose partition counts differ where they must not', async () => {
    const log = await words4();
    await log.admin.create([{ topic: 'other-words', numPartitions: 3 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .merge(builder.stream(topic('other-words', { key: string(), value: string() })))
      .groupByKey({ name: 'both' })
      .count()
      .toStream()
      .mapValues((n) => n ?? 0)
      .to(counts);
    const one = new StreamsApp(builder.build(), { applicationId: 'both', log });
    const failed = one.start();
    await expect(failed).rejects.toThrow(TopologyError);
    await expect(failed).rejects.toThrow('words has 4, other-words has 3');
    expect(one.state).toBe('error');
  });

  it('merges topics of different partition counts where no key needs both: as many tasks as the larger has', async () => {
    const log = await words4();
    await log.admin.create([{ topic: 'other-words', numPartitions: 6 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .merge(builder.stream(topic('other-words', { key: string(), value: string() })))
      .groupBy((word) => word, { name: 'both' })
      .count()
      .toStream()
      .mapValues((n) => n ?? 0)
      .to(counts);
    const begin = async () => {
      const one = new StreamsApp(builder.build(), {
        applicationId: 'both',
        processingGuarantee: 'exactly_once',
        log: log.share(),
        commitIntervalMs: 20,
      });
      afterTest(() => one.stop({ timeoutMs: 2_000 }));
      await one.start();
      return one;
    };
    const put = async (name: string, numPartitions: number) => {
      for (let partition = 0; partition < numPartitions; partition++)
        await write(log, { topic: name, partition }, [{ key: 'k', value: 'a', timestampMs: 1 }]);
    };
    const areCounted = (count: number) =>
      eventually(async () => last(await read(log))['a'] === count, `${count} are counted`);
    const [first] = [await begin(), await begin()];
    await put('words', 4);
    await put('other-words', 6);
    await areCounted(10);
    await first.stop();
    await put('words', 4);
    await put('other-words', 6);
    await areCounted(20);
    const made = await log.admin.describe(['both-both-repartition']);
    expect(made.get('both-both-repartition')?.numPartitions).toBe(6);
  });

  it('ends in error when a handler says fail, committing nothing of the bad record', async () => {
    const log = await words4();
    await writeWords(log, ['a']);
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .mapValues((): number => {
        throw new Error('no');
      })
      .to(counts);
    const one = new StreamsApp(builder.build(), {
      applicationId: 'failing',
      log: log.share(),
      processingGuarantee: 'exactly_once',
      onProcessingFailure: 'fail',
    });
    const ended = new Promise<StateChange>((resolve) => {
      one.listen({ onStateChange: (change) => change.to === 'error' && resolve(change) });
    });
    await one.start();
    expect((await ended).error?.message).toMatch(/^Cannot process words-0 at offset 0 in .*: no$/);
    const committed = await log.admin.committed('failing', [{ topic: 'words', partition: 0 }]);
    expect(committed).toEqual([]);
  });

  it('names all faulty settings together', async () => {
    const log = await words4();
    expect(() => app(log, { applicationId: 'no good', commitIntervalMs: 0 })).toThrow(
      /commitIntervalMs must be a positive number, is 0; applicationId must be/,
    );
  });
});
