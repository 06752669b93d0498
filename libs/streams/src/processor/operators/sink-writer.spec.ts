import { describe, expect, it } from '@jest/globals';
import { InMemorySinkTarget } from '@hiveframe/streams-testing';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import { TimeoutError } from '../../errors/streams.error.ts';
import { openSinkPartition } from '../../sink/open-sink-partition.ts';
import { SinkError, type AtLeastOnceSink, type SinkRecord, type StreamSink } from '../../sink/sink.ts';
import { HeldRecordError } from './held-record.error.ts';
import { sinkWriter } from './sink-writer.ts';

class MemorySink implements AtLeastOnceSink<unknown, unknown> {
  readonly name = 'memory';
  readonly guarantee = 'at_least_once';
  readonly batches: (readonly SinkRecord<unknown, unknown>[])[] = [];
  failures = 0;

  async write(batch: readonly SinkRecord<unknown, unknown>[]): Promise<void> {
    if (this.failures-- > 0) throw new Error('away');
    this.batches.push(batch);
  }
  async close(): Promise<void> {}
}

const open = async (sink: StreamSink<unknown, unknown>) => {
  const harness = new OperatorHarness(sinkWriter(sink), 0, await openedOf(sink));
  return harness;
};
const openedOf = (sink: StreamSink<unknown, unknown>) =>
  openSinkPartition(sink, { topic: 'input', partition: 0 }, new OperatorHarness(sinkWriterOf()).clock);
/** Only for its clock. */
const sinkWriterOf = () => ({ build: () => () => {} });

async function operate() {
  const sink = new MemorySink();
  return { sink, harness: await open(sink) };
}

describe('sinkWriter', () => {
  it('writes what was gathered in one batch, with its origin', async () => {
    const { sink, harness } = await operate();
    harness.pipe('a', 1, 100);
    harness.pipe('b', 2, 200);
    expect(harness.holder.held).toBe(2);
    await harness.holder.drain();
    const origin = { topic: 'input', partition: 0, headers: [] };
    expect(sink.batches).toEqual([
      [
        { key: 'a', value: 1, timestampMs: 100, ...origin, offset: 0 },
        { key: 'b', value: 2, timestampMs: 200, ...origin, offset: 1 },
      ],
    ]);
    expect(harness.holder.held).toBe(0);
  });

  it('is full with a batch of records, or some megabytes of them', async () => {
    const { sink, harness } = await operate();
    const fill = () => {
      let count = 0;
      for (; !harness.holder.isFull; count++) harness.pipe('a', count);
      return count;
    };
    expect(fill()).toBe(1_000);
    await harness.holder.room();
    harness.recordBytes = 1024 * 1024;
    expect(fill()).toBe(4);
    await harness.holder.room();
    expect(sink.batches.map((batch) => batch.length)).toEqual([1_000, 4]);
  });

  it('gives up a sink that does not answer, and does not call it again meanwhile', async () => {
    const { sink, harness } = await operate();
    let calls = 0;
    sink.write = () => {
      calls++;
      return new Promise(() => {});
    };
    const hanging = new OperatorHarness(sinkWriter(sink), 0, await openedOf(sink));
    hanging.pipe('a', 1);
    const drained = hanging.holder.drain();
    const failed = expect(drained).rejects.toThrow(
      'Cannot write 1 records of input-0 from offset 0 to sink memory: no answer within 120 s',
    );
    await new Promise((resolve) => setImmediate(resolve));
    hanging.clock.advance(120_000);
    await new Promise((resolve) => setImmediate(resolve));
    hanging.clock.advance(120_000);
    await failed;
    expect(calls).toBe(1);
    expect(harness.holder.held).toBe(0);
  });

  it('writes nothing more once its task is closed', async () => {
    const { sink, harness } = await operate();
    sink.failures = 1;
    harness.pipe('a', 1);
    const drained = harness.holder.drain().catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    harness.holder.abandon!();
    harness.clock.advance(10_000);
    expect(await drained).toBeInstanceOf(SinkError);
    expect(sink.batches).toEqual([]);
  });

  it('begins no other batch once its task is closed', async () => {
    const { sink, harness } = await operate();
    for (let i = 0; i < 2_500; i++) harness.pipe('a', i);
    const drained = harness.holder.drain().catch((error: unknown) => error);
    harness.holder.abandon!();
    expect(await drained).toBeInstanceOf(SinkError);
    expect(sink.batches.map((batch) => batch.length)).toEqual([1_000]);
  });

  it('says that a sink rejects what it was not given', async () => {
    const { sink } = await operate();
    const reason = new Error('bad');
    const confused = Object.assign(sink, { write: async () => [{ offset: 7, reason }] });
    const harness = await open(confused);
    harness.pipe('a', 1);
    await expect(harness.holder.drain()).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('it rejects offset 7, which it was not given'),
    });
  });

  it('writes batches of bounded size', async () => {
    const { sink, harness } = await operate();
    for (let i = 0; i < 2_500; i++) harness.pipe('a', i);
    await harness.holder.drain();
    expect(sink.batches.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);
  });

  it('writes no larger batches than the sink takes', async () => {
    const sink = Object.assign(new MemorySink(), { maxBatchRecords: 2 });
    const harness = await open(sink);
    for (let i = 0; i < 5; i++) harness.pipe('a', i);
    await harness.holder.drain();
    expect(sink.batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  it('tries again, with a warning each time, until the sink is back', async () => {
    const { sink, harness } = await operate();
    sink.failures = 2;
    harness.pipe('a', 1);
    const drained = harness.holder.drain();
    await untilTimers(harness, 1);
    harness.clock.advance(100);
    await untilTimers(harness, 1);
    harness.clock.advance(200);
    await drained;
    expect(sink.batches).toHaveLength(1);
    expect(harness.logged).toEqual([
      'Cannot write 1 records of input-0 from offset 0 to sink memory: away',
      'Cannot write 1 records of input-0 from offset 0 to sink memory: away',
    ]);
  });

  it('gives up after five attempts and keeps the records', async () => {
    const { sink, harness } = await operate();
    sink.failures = 5;
    harness.pipe('a', 1);
    const drained = harness.holder.drain();
    const failed = expect(drained).rejects.toThrow(SinkError);
    for (let retry = 0; retry < 4; retry++) {
      await untilTimers(harness, 1);
      harness.clock.advance(100 * 2 ** retry);
    }
    await failed;
    expect(harness.holder.held).toBe(1);
    await harness.holder.drain();
    expect(sink.batches).toHaveLength(1);
  });

  it.each(['fenced', 'unusable'] as const)('does not try again what is %s, and says so', async (failure) => {
    const { sink, harness } = await operate();
    sink.write = () => Promise.reject(new SinkError('no', { failure }));
    const refusing = new OperatorHarness(sinkWriter(sink), 0, await openedOf(sink));
    refusing.pipe('a', 1);
    await expect(refusing.holder.drain()).rejects.toMatchObject({ failure });
    expect(harness.holder.held).toBe(0);
  });
});

describe('sinkWriter to a target that keeps its position', () => {
  const values = (target: InMemorySinkTarget<unknown, unknown>) => target.rows.map(({ value }) => value);

  it('does not write again what the target has', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    const first = await open(target.sink());
    for (const value of [0, 1]) first.pipe('a', value);
    await first.holder.drain();
    const second = await open(target.sink());
    for (const value of [0, 1, 2, 3]) second.pipe('a', value);
    expect(second.holder.held).toBe(2);
    await second.holder.drain();
    expect(values(target)).toEqual([0, 1, 2, 3]);
    expect(target.positionOf('input', 0)).toEqual({ offset: 4, rejected: [] });
  });

  it('asks where the target stands when an answer is lost, and does not write twice', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    const harness = await open(target.sink());
    target.loseAnswers = 1;
    for (const value of [0, 1]) harness.pipe('a', value);
    const drained = harness.holder.drain();
    await untilTimers(harness, 1);
    harness.pipe('a', 2);
    harness.clock.advance(100);
    await drained;
    expect(values(target)).toEqual([0, 1, 2]);
  });

  it('starts its task over when the target has lost what it had confirmed', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    const sink = target.sink();
    const harness = await open(sink);
    harness.pipe('a', 0);
    await harness.holder.drain();
    sink.open = (topic, partition) =>
      new InMemorySinkTarget<unknown, unknown>().sink().open(topic, partition);
    target.loseAnswers = 1;
    harness.pipe('a', 1);
    const failed = expect(harness.holder.drain()).rejects.toMatchObject({ failure: 'unavailable' });
    await untilTimers(harness, 1);
    harness.clock.advance(100);
    await failed;
  });

  it('gives what the target rejects to the handler, and writes the others', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    target.rejects = ({ value }) => (value === 1 ? new Error('too odd') : null);
    const harness = await open(target.sink());
    for (const value of [0, 1, 2]) harness.pipe('a', value);
    const rejected = await harness.holder.drain().catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(HeldRecordError);
    expect(rejected).toMatchObject({
      message: 'too odd',
      record: { offset: 1 },
      operatorName: 'sink memory',
    });
    await harness.holder.drain();
    expect(values(target)).toEqual([0, 2]);
  });

  it('names a rejected record in its position until the commit behind that of its dead letter', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    target.rejects = ({ value }) => (value === 'bad' ? new Error('bad') : null);
    const harness = await open(target.sink());
    const write = async (value: string) => {
      harness.pipe('a', value);
      await harness.holder.drain().catch(() => harness.holder.drain());
      return target.positionOf('input', 0)!.rejected;
    };
    expect(await write('bad')).toEqual([0]);
    expect(await write('good')).toEqual([0]);
    harness.seal();
    expect(await write('good')).toEqual([0]); // that commit may fail yet
    harness.seal();
    expect(await write('good')).toEqual([]);
  });

  it('meets a rejected record again when it takes over before the dead letter was committed', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    target.rejects = ({ value }) => (value === 'bad' ? new Error('bad') : null);
    const first = await open(target.sink());
    for (const value of ['good', 'bad', 'better']) first.pipe('a', value);
    await first.holder.drain().catch(() => undefined);
    const second = await open(target.sink());
    for (const value of ['good', 'bad', 'better', 'best']) second.pipe('a', value);
    await expect(second.holder.drain()).rejects.toMatchObject({ record: { offset: 1 } });
    await second.holder.drain();
    expect(values(target)).toEqual(['good', 'better', 'best']);
    expect(target.positionOf('input', 0)).toEqual({ offset: 4, rejected: [1] });
  });

  it('ends when a newer owner has written meanwhile, whose rejections it would forget', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    target.rejects = ({ value }) => (value === 'bad' ? new Error('bad') : null);
    const older = await open(target.sink());
    older.pipe('a', 'good');
    target.beforeWrite = () => Promise.reject(new Error('connection lost'));
    const failed = older.holder.drain().catch((error: unknown) => error);
    await untilTimers(older, 1);
    target.beforeWrite = () => {};
    const newer = await open(target.sink());
    for (const value of ['good', 'bad', 'better']) newer.pipe('a', value);
    await newer.holder.drain().catch(() => newer.holder.drain());
    older.clock.advance(100);
    expect(await failed).toMatchObject({ failure: 'fenced' });
    expect(target.positionOf('input', 0)).toEqual({ offset: 3, rejected: [1] });
    const next = await open(target.sink());
    for (const value of ['good', 'bad', 'better']) next.pipe('a', value);
    expect(next.holder.held).toBe(1);
  });

  it('is told that a newer owner has its partition', async () => {
    const target = new InMemorySinkTarget<unknown, unknown>();
    const older = await open(target.sink());
    await open(target.sink());
    older.pipe('a', 1);
    await expect(older.holder.drain()).rejects.toMatchObject({ failure: 'fenced' });
    expect(target.rows).toEqual([]);
  });
});

describe('openSinkPartition', () => {
  it('does not wait for ever', async () => {
    const harness = await open(new MemorySink());
    const sink = { ...new InMemorySinkTarget().sink(), open: () => new Promise<never>(() => {}) };
    const opened = openSinkPartition(sink, { topic: 'input', partition: 0 }, harness.clock);
    const failed = expect(opened).rejects.toThrow(TimeoutError);
    harness.clock.advance(120_000);
    await failed;
  });
});

async function untilTimers(harness: OperatorHarness, count: number): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (harness.clock.numTimers !== count);
}
