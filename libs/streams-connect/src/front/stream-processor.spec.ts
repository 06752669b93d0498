import { afterEach, describe, expect, test } from '@jest/globals';
import {
  json,
  taggedJson,
  topic,
  tumbling,
  type Logger,
  type AtLeastOnceSink,
  type SinkRecord,
} from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { ManualClock } from '@hiveframe/streams-testing';
import { setTimeout as delay } from 'node:timers/promises';
import { readTopic } from '../../test/read-topic.ts';
import type { ResumableSource } from '../resumable/resumable-source.ts';
import type { StreamSource } from '../source/stream-source.ts';
import type { StreamProcessorConfig } from './processor-config.ts';
import { StreamProcessor } from './stream-processor.ts';

interface Reading {
  readonly sensor_id: string;
  readonly time: number;
}

const lines: string[] = [];
const logger: Logger = { log: (level, text) => void lines.push(`${level}: ${text}`) };
const made: StreamProcessor<Reading>[] = [];
const streamOf = (config: Partial<StreamProcessorConfig<Reading>> = {}) => {
  const stream = new StreamProcessor<Reading>({ name: 'test', batchIntervalMs: 20, logger, ...config });
  made.push(stream);
  return stream;
};
afterEach(async () => {
  lines.length = 0;
  await Promise.all(made.splice(0).map((stream) => stream.stop()));
});

class Collecting implements AtLeastOnceSink<unknown, unknown> {
  readonly name = 'collecting';
  readonly guarantee = 'at_least_once';
  readonly values: unknown[] = [];
  async write(batch: readonly SinkRecord<unknown, unknown>[]): Promise<void> {
    this.values.push(...batch.map(({ value }) => value));
  }
  async close(): Promise<void> {}

  async hasReceived(count: number, meanwhile: () => void = () => {}): Promise<void> {
    const deadlineMs = performance.now() + 10_000;
    while (this.values.length < count) {
      if (performance.now() > deadlineMs) throw new Error(`Only ${this.values.length} of ${count} came.`);
      meanwhile();
      await delay(5);
    }
  }
}

const reading = (time: number, sensor_id = 'a'): Reading => ({ sensor_id, time });
const sourceOf = (events: readonly Reading[]): StreamSource<Reading> => ({
  async *start() {
    yield* events;
  },
});

describe('StreamProcessor', () => {
  test('takes what is emitted and what its sources yield through one stream, in order', async () => {
    const sink = new Collecting();
    const stream = streamOf();
    stream
      .fromSource(sourceOf([reading(1), reading(2)]))
      .map((event) => event.time)
      .toSink(sink);
    await stream.start();
    await sink.hasReceived(2);
    await Promise.all([stream.emit(reading(3)), stream.emit(reading(4))]);
    await sink.hasReceived(4);
    expect(sink.values).toEqual([1, 2, 3, 4]);
  });

  test('windows by the event time of a column', async () => {
    const sink = new Collecting();
    const stream = streamOf({ delivery: 'exactly_once' });
    stream
      .withWatermark({ eventTimeColumn: 'time', delayMs: 100 })
      .window(tumbling({ sizeMs: 1_000 }))
      .groupBy('sensor_id')
      .count()
      .toSink(sink);
    await stream.start();
    for (const time of [10, 1_050, 500, 1_100]) await stream.emit(reading(time));
    await sink.hasReceived(1);
    expect(sink.values).toEqual([2]);
  });

  test('runs a source that is added while it runs', async () => {
    const sink = new Collecting();
    const stream = streamOf();
    stream.toSink(sink);
    await stream.start();
    stream.fromSource(sourceOf([reading(1)]));
    await sink.hasReceived(1);
  });

  test('refuses a second resumable source of a name: each would go on where the other stood', () => {
    const resumable = (name: string): ResumableSource<Reading, number> => ({
      name,
      guarantee: 'exactly_once',
      async *start() {},
    });
    const stream = streamOf().fromSource(resumable('a')).fromSource(resumable('b'));
    expect(() => stream.fromSource(resumable('a'))).toThrow(
      'Cannot run test: two of its sources are named a, so each would go on where the other stood. Give one of them another name.',
    );
  });

  test('writes events as it is told', async () => {
    const log = embedded();
    const sink = new Collecting();
    const stream = streamOf({ log, value: json<Reading>() });
    stream.toSink(sink);
    await stream.start();
    await stream.emit({ sensor_id: 'a', time: Number.NaN });
    await sink.hasReceived(1);
    expect(sink.values).toEqual([{ sensor_id: 'a', time: null }]);
  });

  test('tells its states', async () => {
    const states: string[] = [];
    const stream = streamOf();
    stream.toSink(new Collecting());
    const remove = stream.onStateChange(({ to }) => states.push(to));
    expect(stream.state).toBe('created');
    await stream.start();
    expect(stream.state).toBe('running');
    await stream.stop();
    expect(states).toEqual(['rebalancing', 'running', 'stopping', 'stopped']);
    remove();
  });

  test('takes events from start to stop only, and says so', async () => {
    const stream = streamOf();
    stream.toSink(new Collecting());
    await expect(stream.emit(reading(1))).rejects.toThrow(
      'Cannot emit to test: it is created. Events are taken from start() to stop().',
    );
    await stream.start();
    await stream.stop();
    await expect(stream.emit(reading(1))).rejects.toMatchObject({ code: 'HFS_NOT_RUNNING' });
  });

  test('writes before it stops what was emitted before', async () => {
    const log = embedded();
    const first = streamOf({ log: log.share() });
    first.filter(() => false).toSink(new Collecting());
    await first.start();
    const emitted = first.emit(reading(1));
    await first.stop();
    await emitted;

    const source = topic('test-source', { value: taggedJson<Reading>() });
    expect(await readTopic(log, source)).toEqual([{ key: null, value: reading(1) }]);
    await log.close(1_000);
  });

  test('stops its sources with itself', async () => {
    let signal: AbortSignal | undefined;
    const stream = streamOf();
    stream.toSink(new Collecting());
    stream.fromSource({
      async *start(given) {
        signal = given;
        yield reading(1);
        await new Promise((resolve) => given.addEventListener('abort', resolve));
      },
    });
    await stream.start();
    await stream.stop();
    expect(signal?.aborted).toBe(true);
  });

  test('goes on without a source that failed, and starts it again', async () => {
    let runs = 0;
    const sink = new Collecting();
    const clock = new ManualClock(); // not one that only shortens waits: the deadline of a stop is one of them
    const stream = streamOf({ clock });
    stream.toSink(sink);
    stream.fromSource({
      async *start() {
        runs++;
        yield reading(runs);
        if (runs < 3) throw new Error('loose contact');
      },
    });
    await stream.start();
    await sink.hasReceived(3, () => clock.advance(500));
    expect(sink.values).toEqual([reading(1), reading(2), reading(3)]);
    expect(stream.state).toBe('running');
  });

  test('stops when a source failed and that is asked for, and keeps the reason', async () => {
    const stream = streamOf({ onSourceFailure: 'stop' });
    stream.toSink(new Collecting());
    const stopped = new Promise<void>((resolve) => {
      stream.onStateChange(({ to }) => to === 'stopped' && resolve());
    });
    stream.fromSource({
      // oxlint-disable-next-line require-yield -- it fails before its first event
      async *start() {
        throw new Error('no sensor');
      },
    });
    await stream.start();
    await stopped;
    expect(stream.error?.message).toBe('Source source of topic test-source failed: no sensor');
  });

  test('wants the watermark before anything is done with the events', () => {
    const stream = streamOf();
    stream.filter(() => true);
    expect(() => stream.withWatermark({ eventTimeColumn: 'time', delayMs: 0 })).toThrow(
      'Cannot give test a watermark: its events are used already. Call withWatermark first, and once.',
    );
  });

  test('gives the same events whenever it is asked', () => {
    const stream = streamOf();
    const events = stream.withWatermark({ eventTimeColumn: 'time', delayMs: 0 });
    expect(stream.events()).toBe(events);
  });

  test('does nothing at a stop before the start, and cannot start without anything to do', async () => {
    const stream = streamOf();
    await stream.stop();
    await expect(stream.start()).rejects.toThrow('Cannot run test: nothing is done with its events');
  });

  test('stops at the end of its block', async () => {
    let outer: StreamProcessor<Reading>;
    {
      await using stream = streamOf();
      stream.toSink(new Collecting());
      await stream.start();
      outer = stream;
    }
    expect(outer.state).toBe('stopped');
  });
});
