import { describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic, tumbling } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver } from '@hiveframe/streams-testing';

const DAY_MS = 86_400_000;
const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: json<number>() });

function start() {
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
  return { log, driver: new TopologyTestDriver(builder.build(), { log }) };
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
});
