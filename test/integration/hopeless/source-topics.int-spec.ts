/** What can happen to the topics under a running application: each with an end that says what, and nothing skipped in silence. */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { json, LogError, string, StreamsBuilder, topic, TopologyError } from '@hiveframe/streams';
import { eventually } from '../../support/eventually.ts';
import { KafkaCluster } from '../../support/kafka-cluster.ts';
import { numbered } from '../../support/log-records.ts';
import { Scene } from './scene.ts';

jest.setTimeout(120_000);

const script = KafkaCluster.script();

(script === undefined ? describe.skip : describe)('the topics of an application', () => {
  let cluster: KafkaCluster;
  let admin: Admin;
  let scene: Scene;

  beforeAll(async () => {
    cluster = await KafkaCluster.start(script!, 1, { settings: { 'auto.create.topics.enable': 'false' } });
    admin = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await cluster?.stop();
  });
  beforeEach(async () => {
    scene = await Scene.open(cluster.brokers);
  });
  afterEach(() => scene.close());

  const removeUpTo = (offset: number) =>
    scene.log.admin.deleteRecords([{ topic: scene.input, partition: 0, offset }]);

  /** Runs until these are out, and stops. */
  async function runUntil(texts: readonly string[]): Promise<void> {
    const app = scene.app();
    await app.start();
    await scene.untilRead(texts);
    await app.stop();
  }

  describe('that retention has shortened while it was stopped', () => {
    beforeEach(async () => {
      await scene.write(numbered('r', 2));
      await runUntil(numbered('r', 2));
      await scene.write(numbered('r', 8, 2));
      await removeUpTo(6);
    });

    it('go on behind the gap, told and counted', async () => {
      await scene.app().start();
      await scene.untilRead([...numbered('r', 2), ...numbered('r', 4, 6)]);
      expect(await scene.read()).toEqual([...numbered('r', 2), ...numbered('r', 4, 6)]);
      expect(scene.logger.with(`Records 2 to 5 of ${scene.input}-0 were removed by retention`)).toHaveLength(
        1,
      );
      expect(scene.counted).toContain('skipped-records retention 4');
    });

    it('end it when asked to', async () => {
      const app = scene.app({ onOffsetOutOfRange: 'fail' });
      await app.start().catch(() => {});
      const { error } = await scene.endOf(app);
      expect(error).toBeInstanceOf(TopologyError);
      expect(error.message).toMatch(/^Records 2 to 5 of .*-in-0 were removed by retention/);
      expect(await scene.read()).toEqual(numbered('r', 2));
    });
  });

  it('that retention has shortened while it runs: goes on behind the gap, told and counted', async () => {
    const gate = Promise.withResolvers<void>();
    const builder = new StreamsBuilder();
    builder
      .stream(topic(scene.input, { key: string(), value: string() }))
      .mapValuesAsync(async (value) => gate.promise.then(() => value.trim()), {
        name: 'gate',
        concurrency: 1,
        timeoutMs: 60_000,
      })
      .to(topic(scene.output, { key: string(), value: string() }));
    const app = scene.app({ maxBufferedBytes: 20_000 }, builder.build());
    await app.start();
    await scene.write(numbered('r', 300).map((text) => text.padEnd(1_000)));
    await removeUpTo(250);
    gate.resolve();
    await eventually('the last record', async () => (await scene.read()).includes('r299'));

    const seen = await scene.read();
    const lost = 300 - seen.length;
    expect(lost).toBeGreaterThan(100);
    expect(seen).toEqual([...numbered('r', 250 - lost), ...numbered('r', 50, 250)]);
    expect(scene.counted).toContain(`skipped-records retention ${lost}`);
  });

  it('that were made anew while it runs: ends, and says so', async () => {
    await scene.write(numbered('r', 5));
    const app = scene.app();
    await app.start();
    await scene.untilRead(numbered('r', 5));
    await scene.log.admin.deleteTopics([scene.input]);
    await eventually('it can be made again', () =>
      admin.createTopics({ topics: [{ topic: scene.input, numPartitions: 1 }] }).catch(() => false),
    );
    const { error } = await scene.endOf(app);
    expect(error.message).toMatch(/^Cannot go on with .*-in-0 at offset 5: the log ends at 0/);
  });

  it('whose committed offset is beyond their end: ends, and says so', async () => {
    await scene.write(numbered('r', 3));
    const partitions = [{ partition: 0, offset: '100' }];
    await admin.setOffsets({ groupId: scene.applicationId, topic: scene.input, partitions });
    const app = scene.app();
    await app.start().catch(() => {});
    const { error } = await scene.endOf(app);
    expect(error.message).toMatch(
      /^Cannot go on with .*-in-0: offset 100 was committed, but the log ends at 3/,
    );
  });

  it('of which a source is missing: waits, says for what since when, and runs when it is there', async () => {
    const missing = `${scene.applicationId}-late`;
    const builder = new StreamsBuilder();
    const strings = { key: string(), value: string() };
    builder.stream(topic(missing, strings)).to(topic(scene.output, strings));
    const app = scene.app({ missingSourceTopics: 'wait' }, builder.build());
    const starting = app.start();
    await eventually('it is told', () => scene.logger.with('waiting for it since').length >= 2);
    expect(scene.logger.lines.at(-1)).toMatch(
      /^warn Source topic .*-late does not exist; waiting for it since 20/,
    );
    await scene.log.admin.create([{ topic: missing, numPartitions: 1 }]);
    await starting;
    expect(app.state).toBe('running');
  });

  it.each(['input', 'output'] as const)(
    'of which the %s is deleted while it runs: ends, and says so',
    async (name) => {
      await scene.write(['a']);
      const app = scene.app();
      await app.start();
      await scene.untilRead(['a']);
      await scene.log.admin.deleteTopics([scene[name]]);
      if (name === 'output') await scene.write(['b']);
      const { error } = await scene.endOf(app);
      expect((error as LogError).failure).toEqual({ kind: 'unknownTopic', topic: scene[name] });
      expect(error.message).toContain(`Cannot use topic ${scene[name]}: it does not exist, or no longer.`);
    },
  );

  it('that got more partitions while it runs: a topology without state takes them', async () => {
    const app = scene.app({ metadataMaxAgeMs: 500 });
    await app.start();
    await scene.write(['a']);
    await admin.createPartitions({ topicPartitions: [{ topic: scene.input, count: 3 }] });
    await eventually('it is written', () =>
      scene.write(['b'], 2).then(
        () => true,
        () => false,
      ),
    );
    await scene.untilRead(['a', 'b']);
    expect(scene.logger.with('has 3 partitions, and had 1')).toHaveLength(1);
    expect(app.state).toBe('running');
  });

  it('that got more partitions while it runs: ends where its changelog has fewer', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(scene.input, { key: string(), value: string() }))
      .groupByKey({ name: 'by-key' })
      .count()
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(topic(scene.output, { key: string(), value: json<number>() }));
    const app = scene.app({ metadataMaxAgeMs: 500 }, builder.build());
    await app.start();
    await admin.createPartitions({ topicPartitions: [{ topic: scene.input, count: 3 }] });
    const { error } = await scene.endOf(app);
    expect(error).toBeInstanceOf(TopologyError);
    expect(error.message).toMatch(/internal topic .*-changelog has 1 partitions, the topology needs 3/);
  });

  describe('of which a batch is damaged on the disk of the broker', () => {
    beforeEach(async () => {
      await scene.write(['first', 'second', 'third']);
      await damage('second');
    });

    it('ends it at the place, and gives what comes before', async () => {
      const app = scene.app();
      await app.start();
      const { error } = await scene.endOf(app);
      const at = { topic: scene.input, partition: 0 };
      expect((error as LogError).failure).toEqual({ kind: 'damaged', at, offset: 1, nextOffset: 2 });
      expect(error.message).toMatch(
        /^Cannot read .*-in-0 from offset 1: the record batch at offset 1 is damaged: its CRC/,
      );
    });

    it('go on behind it when asked to, told and counted', async () => {
      await scene.app({ onDamagedRecords: 'continue' }).start();
      await scene.untilRead(['first', 'third']);
      expect(await scene.read()).toEqual(['first', 'third']);
      expect(scene.logger.with('Going on at 2: records 1 to 1 are lost.')).toHaveLength(1);
      expect(scene.counted).toContain('skipped-records damaged 1');
    });
  });

  /** Turns one bit of a text in the broker's log file of the input. */
  async function damage(text: string): Promise<void> {
    const listed = await cluster.tool('log-dirs', ['--describe', '--topic-list', scene.input]);
    const folder = /"logDir":"([^"]+)"/.exec(listed)![1]!;
    const path = join(folder, `${scene.input}-0`, '00000000000000000000.log');
    const { stdout } = await promisify(execFile)('grep', ['-abo', text, path]);
    const file = await open(path, 'r+');
    await file.write(Buffer.from([text.charCodeAt(0) ^ 1]), 0, 1, Number(stdout.split(':')[0]));
    await file.close();
  }
});
