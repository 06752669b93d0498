import { describe, expect, it } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { json, RecordBatchWriter, StreamsBuilder, string, topic, type Topology } from '@hiveframe/streams';
import { readStoredTopology, topologyTopic } from '@hiveframe/streams/internal';
import { encodeAnnouncement } from '../watermark/announcement.ts';
import { afterTest } from '../../test/support/cluster.ts';

const words = topic('words', { key: string(), value: json<number>() });
const counts = topic('counts', { key: string(), value: json<number>() });

function counting(name: string, more?: (builder: StreamsBuilder) => void): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .groupByKey({ name })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  more?.(builder);
  return builder.build();
}
const pointless = (): Topology => {
  const builder = new StreamsBuilder();
  builder.stream(words).to(counts);
  return builder.build();
};

function newLog(): EmbeddedLog {
  const log = embedded();
  afterTest(() => log.close(1));
  return log;
}
/** Runs one version, over one crash, on what the former left. */
async function version(log: EmbeddedLog, topology: Topology, options: TopologyTestDriverOptions = {}) {
  await using driver = new TopologyTestDriver(topology, { log: log.share(), ...options });
  await driver.input(words).pipe(1, { key: 'a' });
  await driver.crashAndRestart();
  return (await driver.output(counts).readValues()).at(-1);
}

describe('a version of a topology', () => {
  it('goes on with the state of the one before, and counts what is new from there', async () => {
    const log = newLog();
    expect(await version(log, counting('n'))).toBe(1);
    const wider = counting('n', (builder) => {
      builder
        .stream(words)
        .filter(() => true)
        .groupByKey({ name: 'more' })
        .count();
    });
    expect(await version(log, wider)).toBe(2);
    expect(await version(log, counting('n'))).toBe(3);
  });

  it('is refused where it would leave state behind, and makes nothing', async () => {
    const log = newLog();
    await version(log, counting('n'));
    await expect(version(log, counting('m'))).rejects.toThrow(
      /^Cannot start test: its state belongs to another topology, and would be lost or misread\. n is gone, and m keeps the same/,
    );
    expect((await log.admin.describe(['test-m-changelog'])).size).toBe(0);
    expect(await version(log, counting('n'))).toBe(2);
  });

  it('runs when the change is accepted by name; the next one needs no leave', async () => {
    const log = newLog();
    await version(log, counting('n'));
    expect(await version(log, counting('m'), { acceptTopologyChanges: ['n'] })).toBe(1);
    expect(await version(log, counting('m'))).toBe(2);
  });

  it('is refused a store that comes back with a changelog that ended long ago', async () => {
    const log = newLog();
    await version(log, counting('n'));
    await version(log, pointless());
    await expect(version(log, counting('n'))).rejects.toThrow('Store n of n is back');
    await log.admin.deleteTopics(['test-n-changelog']);
    expect(await version(log, counting('n'))).toBe(1);
  });

  it('may keep a store again whose changelog is there, and empty', async () => {
    const log = newLog();
    await version(log, counting('n'));
    await version(log, pointless());
    await log.admin.deleteTopics(['test-n-changelog']);
    await log.admin.create([{ topic: 'test-n-changelog', numPartitions: 1 }]);
    expect(await version(log, counting('n'))).toBe(1);
  });

  const announcement = (): RecordBatchWriter => {
    const batch = new RecordBatchWriter();
    batch.append(null, null, 1, encodeAnnouncement({ writer: 0, watermarkMs: 1, idle: false }));
    return batch;
  };

  it('may drop a repartition topic when every record in it was processed, whatever else is there', async () => {
    const through = (name: string): Topology => {
      const builder = new StreamsBuilder();
      builder.stream(words).repartition({ name }).to(counts);
      return builder.build();
    };
    const log = newLog();
    await version(log, through('first'));
    const left = { topic: 'test-first-repartition', partition: 0 };
    await log.writer().send([{ ...left, records: announcement().take() }]);
    await version(log, through('second'));
    const batch = new RecordBatchWriter();
    batch.append(Buffer.from('a'), Buffer.from('5'), 1);
    const at = { topic: 'test-second-repartition', partition: 0 };
    await log.writer().send([{ ...at, records: batch.take() }]);
    await expect(version(log, through('third'))).rejects.toThrow('Internal topic second-repartition');
    await version(log, through('second'));
    await version(log, through('third'));
  });

  it('is stored with every internal topic that any version made', async () => {
    const log = newLog();
    await version(log, counting('n'));
    await version(log, counting('m'), { acceptTopologyChanges: ['n'] });
    const stored = await readStoredTopology(log, 'test');
    expect(stored!.internalTopics).toEqual(['test-n-changelog', 'test-m-changelog']);
    expect(stored!.retired.stores.map(({ name }) => name)).toEqual(['n']);
  });

  it('is refused when a later version of the toolkit has stored something else', async () => {
    const log = newLog();
    await version(log, counting('n'));
    const batch = new RecordBatchWriter();
    batch.append(Buffer.from('topology'), Buffer.from('{"format":2,"topology":{"format":2}}'), 1);
    await log.writer().send([{ topic: topologyTopic('test'), partition: 0, records: batch.take() }]);
    await expect(version(log, counting('n'))).rejects.toThrow('a later version of this toolkit wrote it');
  });
});
