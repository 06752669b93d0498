import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { missingSettings } from './internal-topic-settings.ts';

const DAY_MS = 86_400_000;
const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: json<number>() });

function start(options: TopologyTestDriverOptions = {}) {
  const builder = new StreamsBuilder();
  const byWord = builder.stream(words).groupBy((word) => word, { name: 'by-word' });
  byWord.count({ store: { name: 'totals' } }).to(counts);
  byWord
    .windowedBy(tumbling({ sizeMs: 1_000 }), { graceMs: 500, name: 'windows' })
    .count()
    .toStream()
    .map((count, { key }) => ({ key, value: count }))
    .to(counts);
  const log = embedded();
  return { log, driver: new TopologyTestDriver(builder.build(), { log, ...options }) };
}

describe('topics of the application', () => {
  it('D27 keep repartitioned records, with their event times, until a commit has passed them', async () => {
    const { log, driver } = start();
    await using _ = driver;
    await driver.input(words).pipe('a', { timestampMs: 7 });
    const name = 'test-by-word-repartition';
    expect((await log.admin.describe([name])).get(name)?.config).toMatchObject({
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'message.timestamp.type': 'CreateTime',
    });
    const beginning = async () =>
      (await log.admin.offsets([{ topic: name, partition: 0 }], 'start'))[0]!.offset;
    expect(await beginning()).toBe(0);
    await driver.advanceWallClock(30_000);
    await driver.input(words).pipe('b', { timestampMs: 8 });
    expect(await beginning()).toBeGreaterThan(0);
  });

  it('D28 compact changelogs; those of windows are deleted too, a day later than the windows', async () => {
    const { log, driver } = start();
    await using _ = driver;
    await driver.settle();
    const names = ['test-totals-changelog', 'test-windows-changelog'];
    const described = await log.admin.describe(names);
    const configs = names.map((name) => described.get(name)?.config);
    expect(configs[0]).toMatchObject({ 'cleanup.policy': 'compact' });
    expect(configs[1]).toMatchObject({
      'cleanup.policy': 'compact,delete',
      'retention.ms': String(1_500 + DAY_MS),
    });
  });

  it('are told of at the start where they are there with settings that delete what is needed', async () => {
    const lines: string[] = [];
    const { log, driver } = start({ logger: { log: (_level, text) => lines.push(text) } });
    await using _ = driver;
    const make = (name: string, config: Readonly<Record<string, string>>) =>
      log.admin.create([{ topic: `test-${name}`, numPartitions: 1, config }]);
    await log.connect();
    await make('totals-changelog', { 'cleanup.policy': 'compact,delete', 'retention.ms': '5000' });
    await make('windows-changelog', { 'cleanup.policy': 'compact,delete', 'retention.ms': '1500' });
    await make('by-word-repartition', { 'cleanup.policy': 'delete', 'retention.ms': '-1' });
    await driver.settle();
    const told = lines.filter((line) => line.includes('Internal topic'));
    expect(told).toEqual([
      expect.stringContaining('Internal topic test-totals-changelog is there'),
      expect.stringContaining('Internal topic test-windows-changelog is there'),
    ]);
    expect(told[0]).toContain('Set cleanup.policy=[compact] (');
    expect(told[1]).toContain(`Set retention.ms=${1_500 + DAY_MS} (`);
  });
});

describe('missingSettings', () => {
  const windows = { 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' };
  const repartition = { 'cleanup.policy': 'delete', 'retention.ms': '-1' };

  it.each([
    ['the same', windows, windows],
    ['a longer retention', windows, { ...windows, 'retention.ms': '2000' }],
    ['no end of it', windows, { ...windows, 'retention.ms': '-1' }],
    ['nothing that is deleted', windows, { 'cleanup.policy': 'compact', 'retention.ms': '1' }],
    ['nothing that is told', repartition, {}],
    [
      'a retention that means nothing',
      { 'cleanup.policy': 'compact' },
      { 'cleanup.policy': 'compact', 'retention.ms': '1' },
    ],
  ])('says nothing against %s', (_what, wanted, there) => {
    expect(missingSettings(wanted, there)).toBeNull();
  });

  it.each([
    ['a short retention', windows, { ...windows, 'retention.ms': '999' }, 'retention.ms=1000'],
    [
      'one of a repartition topic',
      repartition,
      { ...repartition, 'retention.ms': '604800000' },
      'retention.ms=-1',
    ],
    [
      'compaction of a repartition topic',
      repartition,
      { 'cleanup.policy': 'compact' },
      'cleanup.policy=[delete]',
    ],
  ])('names what mends %s', (_what, wanted, there, settings) => {
    expect(missingSettings(wanted, there)).toBe(settings);
  });
});
