import { describe, expect, it } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import {
  inMemoryStores,
  json,
  resetApplication,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type LogAdmin,
  type LogPort,
  type ResetOptions,
  type StorePort,
} from '@hiveframe/streams';
import { afterTest } from '../../test/support/cluster.ts';

const words = topic('words', { key: string(), value: json<number>() });
const counts = topic('counts', { key: string(), value: json<number>() });

function counting() {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .groupBy((_value, key) => key, { name: 'n' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

async function ran(times: number) {
  const log = embedded();
  afterTest(() => log.close(1));
  const stores = inMemoryStores();
  await run(log, stores, times);
  const reset = (options: Partial<ResetOptions> = {}) =>
    resetApplication({ applicationId: 'test', log, stores, ...options });
  return { log, stores, reset };
}
/** Writes so many words, and gives the last count. */
async function run(log: EmbeddedLog, stores: StorePort, times: number): Promise<number | undefined> {
  await using driver = new TopologyTestDriver(counting(), { log: log.share(), stores, numPartitions: 2 });
  for (let time = 0; time < times; time++)
    await driver.input(words).pipe(1, { key: 'a', timestampMs: 1_000 * time });
  await driver.settle();
  return (await driver.output(counts).readValues()).at(-1);
}
/** Another version of it, which counts under another name. */
async function runOther(log: EmbeddedLog, stores: StorePort): Promise<void> {
  const builder = new StreamsBuilder();
  builder.stream(words).groupByKey({ name: 'm' }).count();
  const options = { log: log.share(), stores, acceptTopologyChanges: ['n', 'n-repartition'] };
  await using driver = new TopologyTestDriver(builder.build(), options);
  await driver.input(words).pipe(1, { key: 'a' });
}
const OWN = ['test-n-changelog', 'test-n-repartition', 'test-topology'];

describe('a reset', () => {
  it('deletes what the application made, and lets it begin from the beginning', async () => {
    const { log, stores, reset } = await ran(3);
    const plan = await reset();
    expect([...plan.deletedTopics].sort()).toEqual(OWN);
    expect(plan.clearedStores).toEqual([{ store: 'n', numPartitions: 2 }]);
    expect((await log.admin.describe(OWN)).size).toBe(0);
    expect(await run(log, stores, 1)).toBe(4);
  });

  it('reads the inputs from their end, or from a time on, where it is told to', async () => {
    const { log, stores, reset } = await ran(3);
    await reset({ to: 'latest' });
    expect(await run(log, stores, 1)).toBe(1);
    await reset({ to: { timestampMs: 2_000 } });
    expect(await run(log, stores, 0)).toBe(2); // of the times 0, 1000, 2000 and 0 behind them
  });

  it('changes nothing where it only tells what it would do', async () => {
    const { log, stores, reset } = await ran(2);
    const plan = await reset({ dryRun: true });
    expect([...plan.deletedTopics].sort()).toEqual(OWN);
    expect(plan.offsets.every(({ topic: name, offset }) => name === 'words' && offset === 0)).toBe(true);
    expect(await run(log, stores, 1)).toBe(3);
  });

  it('is refused while the application runs, and for one that is not known', async () => {
    const { log, stores, reset } = await ran(1);
    const app = new StreamsApp(counting(), { applicationId: 'test', log: log.share(), stores });
    await app.start();
    await expect(reset()).rejects.toThrow('Cannot reset test: 1 of its instances are active');
    await app.stop();
    await expect(reset({ applicationId: 'tset' })).rejects.toThrow(
      'no topology of it is stored. Is the name right?',
    );
    await reset();
  });

  it.each(['deleteTopics', 'resetOffsets'] as const)(
    'that stops before %s keeps the application from running, until it is run again',
    async (step) => {
      const { log, stores, reset } = await ran(2);
      await expect(reset({ log: failing(log, step) })).rejects.toThrow('the process was killed');
      await expect(run(log, stores, 1)).rejects.toThrow(
        'Cannot start test: a reset of it has begun and not ended',
      );
      await reset();
      expect(await run(log, stores, 1)).toBe(3);
    },
  );

  it('also takes what former versions made', async () => {
    const { log, stores, reset } = await ran(1);
    await runOther(log, stores);
    const { deletedTopics, clearedStores } = await reset();
    expect([...deletedTopics].sort()).toEqual(['test-m-changelog', ...OWN]);
    expect(clearedStores.map(({ store }) => store).sort()).toEqual(['m', 'n']);
  });
});

/** The same log, to a process that is killed before this call. */
function failing(log: LogPort, step: keyof LogAdmin): LogPort {
  const admin = new Proxy(log.admin, {
    get: (target, name) => {
      if (name === step) return () => Promise.reject(new Error('the process was killed'));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return {
    name: log.name,
    admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => log.writer(),
    transactionalWriter: (options) => log.transactionalWriter(options),
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}
