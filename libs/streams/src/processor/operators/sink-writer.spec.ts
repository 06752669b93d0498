import { describe, expect, it } from '@jest/globals';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import { SinkError, type Sink, type SinkPosition, type SinkRecord } from '../../sink/sink.ts';
import { sinkWriter } from './sink-writer.ts';

class MemorySink implements Sink<unknown, unknown> {
  readonly name = 'memory';
  readonly guarantee = 'at_least_once';
  readonly opened: string[] = [];
  readonly batches: (readonly SinkRecord<unknown, unknown>[])[] = [];
  readonly positions: number[] = [];
  startAt: SinkPosition | null = null;
  failures = 0;

  async open(topic: string, partition: number): Promise<SinkPosition | null> {
    this.opened.push(`${topic}-${partition}`);
    return this.startAt;
  }
  async write(batch: readonly SinkRecord<unknown, unknown>[], { offset }: SinkPosition): Promise<void> {
    if (this.failures-- > 0) throw new Error('away');
    this.batches.push(batch);
    this.positions.push(offset);
  }
  async close(): Promise<void> {}
}

function operate() {
  const sink = new MemorySink();
  return { sink, harness: new OperatorHarness(sinkWriter(sink)) };
}

describe('sinkWriter', () => {
  it('writes what was gathered in one batch, with origin and position', async () => {
    const { sink, harness } = operate();
    harness.pipe('a', 1, 100);
    harness.pipe('b', 2, 200);
    expect(harness.holder.held).toBe(2);
    await harness.holder.drain();
    const origin = { topic: 'input', partition: 0 };
    expect(sink.batches).toEqual([
      [
        { key: 'a', value: 1, timestampMs: 100, ...origin, offset: 0 },
        { key: 'b', value: 2, timestampMs: 200, ...origin, offset: 1 },
      ],
    ]);
    expect(sink.positions).toEqual([2]);
    expect(harness.holder.held).toBe(0);
  });

  it('is full with a batch of records, or some megabytes of them', async () => {
    const { sink, harness } = operate();
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
    const { sink, harness } = operate();
    let calls = 0;
    sink.write = () => {
      calls++;
      return new Promise(() => {});
    };
    harness.pipe('a', 1);
    const drained = harness.holder.drain();
    const failed = expect(drained).rejects.toThrow(
      'Cannot write 1 records of input-0 from offset 0 to sink memory: no answer within 120 s',
    );
    await new Promise((resolve) => setImmediate(resolve));
    harness.clock.advance(120_000);
    await new Promise((resolve) => setImmediate(resolve));
    harness.clock.advance(120_000);
    await failed;
    expect(calls).toBe(1);
  });

  it('writes nothing more once its task is closed', async () => {
    const { sink, harness } = operate();
    sink.failures = 1;
    harness.pipe('a', 1);
    const drained = harness.holder.drain().catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    harness.holder.abandon!();
    harness.clock.advance(10_000);
    expect(await drained).toBeInstanceOf(SinkError);
    expect(sink.batches).toEqual([]);
  });

  it('opens its partition once, before the first write', async () => {
    const { sink, harness } = operate();
    await harness.holder.drain();
    expect(sink.opened).toEqual([]);
    for (const value of [1, 2]) {
      harness.pipe('a', value);
      await harness.holder.drain();
    }
    expect(sink.opened).toEqual(['input-0']);
  });

  it('does not write again what the sink says it has', async () => {
    const { sink, harness } = operate();
    sink.startAt = { offset: 2 };
    for (const value of [0, 1, 2, 3]) harness.pipe('a', value);
    await harness.holder.drain();
    expect(sink.batches.flat().map(({ value }) => value)).toEqual([2, 3]);
  });

  it('writes batches of bounded size', async () => {
    const { sink, harness } = operate();
    for (let i = 0; i < 2_500; i++) harness.pipe('a', i);
    await harness.holder.drain();
    expect(sink.batches.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);
    expect(sink.positions).toEqual([1_000, 2_000, 2_500]);
  });

  it('tries again, with a warning each time, until the sink is back', async () => {
    const { sink, harness } = operate();
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
    const { sink, harness } = operate();
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
    expect(sink.positions).toEqual([1]);
  });
});

async function untilTimers(harness: OperatorHarness, count: number): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (harness.clock.numTimers !== count);
}
