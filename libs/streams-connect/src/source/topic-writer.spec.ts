import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, partitionFor, string, topic, windowed, type Windowed } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { recordingLog, type RecordingLog } from '../../test/recording-log.ts';
import { readTopic } from '../../test/read-topic.ts';
import { TopicWriter } from './topic-writer.ts';

const readings = topic('readings', { value: json<number>() });
const keyed = topic('keyed', { key: string(), value: json<number | null>() });

let log: EmbeddedLog;
beforeEach(async () => {
  log = embedded();
  await log.admin.create([
    { topic: 'readings', numPartitions: 2, config: { 'max.message.bytes': '1000' } },
    { topic: 'keyed', numPartitions: 5 },
  ]);
});
afterEach(() => log.close(1_000));

const reading = (value: number) => ({ key: null, value, timestampMs: 1 });
const open = (target: RecordingLog = recordingLog(log)) => TopicWriter.open(target.port, readings);

describe('TopicWriter', () => {
  test('sends what is written in one go as one batch, and what comes meanwhile as the next', async () => {
    const recording = recordingLog(log);
    const writer = await open(recording);
    const first = Promise.all([1, 2, 3].map((value) => writer.write(reading(value))));
    await recording.sendStarted();
    const second = Promise.all([4, 5].map((value) => writer.write(reading(value))));
    recording.letSendsEnd();
    await Promise.all([first, second]);
    expect(recording.batchSizes).toEqual([3, 2]);
  });

  test('resolves when the record can be read', async () => {
    const writer = await open();
    await writer.write(reading(7));
    expect(await readTopic(log, readings)).toEqual([{ key: null, value: 7 }]);
  });

  test('puts the batches of records without a key on the partitions in turn', async () => {
    const writer = await open();
    await Promise.all([writer.write(reading(1)), writer.write(reading(2))]);
    await writer.write(reading(3));
    const ends = await log.admin.offsets(
      [0, 1].map((partition) => ({ topic: 'readings', partition })),
      'end',
    );
    expect(new Set(ends.map(({ offset }) => offset))).toEqual(new Set([1, 2]));
  });

  test('puts records with a key where other Kafka clients put them, windows with their key', async () => {
    const recording = recordingLog(log);
    const windows = topic('keyed', { key: windowed(string()), value: json<number>() });
    const key: Windowed<string> = { key: 'sensor-1', window: { startMs: 0, endMs: 10 } };
    await (
      await TopicWriter.open(recording.port, keyed)
    ).write({ key: 'sensor-1', value: 1, timestampMs: 1 });
    await (await TopicWriter.open(recording.port, windows)).write({ key, value: 1, timestampMs: 1 });
    const expected = partitionFor(Buffer.from('sensor-1'), 5);
    expect(recording.partitions).toEqual([expected, expected]);
  });

  test('writes null as a tombstone', async () => {
    const writer = await TopicWriter.open(log, keyed);
    await writer.write({ key: 'a', value: null, timestampMs: 1 });
    expect(await readTopic(log, keyed)).toEqual([{ key: 'a', value: null }]);
  });

  test('refuses a record that is too large alone, and writes those beside it', async () => {
    const texts = topic('readings', { value: json<string>() });
    const writer = await TopicWriter.open(log, texts);
    const text = (value: string) => writer.write({ key: null, value, timestampMs: 1 });
    const [small, large] = await Promise.allSettled([text('small'), text('x'.repeat(1_000))]);
    expect(small.status).toBe('fulfilled');
    expect(large).toMatchObject({ status: 'rejected', reason: { failure: { kind: 'recordTooLarge' } } });
    expect(await readTopic(log, texts)).toEqual([{ key: null, value: 'small' }]);
  });

  test.each([1.5, -1, Number.NaN])(
    'refuses a record at %d ms alone, and writes those beside it',
    async (timestampMs) => {
      const writer = await open();
      const [good, bad] = await Promise.allSettled([
        writer.write(reading(1)),
        writer.write({ ...reading(2), timestampMs }),
      ]);
      expect(good.status).toBe('fulfilled');
      expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'HFS_TIMESTAMP' } });
      expect(await readTopic(log, readings)).toEqual([{ key: null, value: 1 }]);
    },
  );

  test('keeps each batch below what the topic takes', async () => {
    const recording = recordingLog(log);
    const writer = await TopicWriter.open(recording.port, topic('readings', { value: json<string>() }));
    await Promise.all(
      Array.from({ length: 10 }, () => writer.write({ key: null, value: 'x'.repeat(400), timestampMs: 1 })),
    );
    expect(recording.batchBytes.every((bytes) => bytes <= 1_000)).toBe(true);
    expect(recording.batchSizes.reduce((sum, size) => sum + size)).toBe(10);
  });

  test('counts headers as a part of what a record takes', async () => {
    const recording = recordingLog(log);
    const writer = await TopicWriter.open(recording.port, topic('readings', { value: json<string>() }));
    const headers = [['note', Buffer.alloc(200)] as const];
    const write = (value: string) => writer.write({ key: null, value, timestampMs: 1, headers });
    await Promise.all(Array.from({ length: 4 }, () => write('x'.repeat(30))));
    expect(recording.batchBytes.every((bytes) => bytes <= 1_000)).toBe(true);
    await expect(write('x'.repeat(800))).rejects.toMatchObject({ failure: { kind: 'recordTooLarge' } });
  });

  test('rejects those whose batch failed, and goes on with the next', async () => {
    const recording = recordingLog(log);
    const writer = await open(recording);
    recording.failNextSends(1);
    await expect(writer.write(reading(1))).rejects.toThrow('away');
    await writer.write(reading(2));
    expect(await readTopic(log, readings)).toEqual([{ key: null, value: 2 }]);
  });

  test('waits at close for what was written', async () => {
    const writer = await open();
    const written = writer.write(reading(1));
    await writer.close();
    await written;
    expect(await readTopic(log, readings)).toHaveLength(1);
  });

  test('does not make a topic that is not there', async () => {
    const opened = TopicWriter.open(log, topic('missing', { value: json<number>() }));
    await expect(opened).rejects.toMatchObject({ failure: { kind: 'unknownTopic', topic: 'missing' } });
  });
});
