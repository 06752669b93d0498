import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, string, topic } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { readTopic } from '../../test/read-topic.ts';
import { recordingLog } from '../../test/recording-log.ts';
import { KafkaSink } from './kafka-sink.ts';

const results = topic('results', { key: string(), value: json<number>() });

let log: EmbeddedLog;
beforeEach(async () => {
  log = embedded();
  await log.connect();
});
afterEach(() => log.close(1_000));

const create = () => log.admin.create([{ topic: 'results', numPartitions: 3 }]);
const record = (key: string, value: number) => ({
  key,
  value,
  timestampMs: 5,
  topic: 'app-sink',
  partition: 0,
  offset: value,
});

describe('KafkaSink', () => {
  test('writes to the topic of its own log, and resolves when it is there', async () => {
    await create();
    const sink = new KafkaSink({ log: log.share(), topic: results });
    await sink.open();
    await sink.write([record('a', 1), record('b', 2)]);
    const values = (await readTopic(log, results)).map(({ value }) => value);
    expect(new Set(values)).toEqual(new Set([1, 2]));
    await sink.close();
  });

  test('sends a batch in one go', async () => {
    await create();
    const recording = recordingLog(log);
    const sink = new KafkaSink({ log: recording.port, topic: results });
    await sink.write([record('a', 1), record('a', 2), record('a', 3)]);
    expect(recording.batchSizes).toEqual([3]);
  });

  test('rejects alone what its serdes or the topic do not take, and writes the others once', async () => {
    await log.admin.create([{ topic: 'results', numPartitions: 1, config: { 'max.message.bytes': '1000' } }]);
    const sink = new KafkaSink({ log: log.share(), topic: results });
    const tooLarge = record('x'.repeat(1_000), 2);
    const rejected = await sink.write([record('a', 1), tooLarge, record('b', 3)]);
    expect(rejected).toMatchObject([{ offset: 2, reason: { failure: { kind: 'recordTooLarge' } } }]);
    await sink.write([record('c', 4)]);
    await sink.close();
    expect((await readTopic(log, results)).map(({ value }) => value)).toEqual([1, 3, 4]);
  });

  test('fails while the topic is missing and goes on once it is there', async () => {
    const sink = new KafkaSink({ log: log.share(), topic: results });
    await expect(sink.open()).rejects.toThrow(
      'Cannot write to topic results: it does not exist. Create it first.',
    );
    await create();
    await sink.write([record('a', 1)]);
    await sink.close();
    expect(await readTopic(log, results)).toHaveLength(1);
  });

  test('is named after its topic, so that two of them have two topics of the application', () => {
    expect(new KafkaSink({ log, topic: results }).name).toBe('kafka-results');
    expect(new KafkaSink({ log, topic: results, name: 'archive' }).name).toBe('archive');
  });
});
