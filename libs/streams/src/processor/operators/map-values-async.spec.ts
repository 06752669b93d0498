import { describe, expect, it } from '@jest/globals';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import type { AsyncOptions } from './async-options.ts';
import { HeldRecordError } from './held-record.error.ts';
import { mapValuesAsync, type AsyncMapper } from './map-values-async.ts';

interface Call {
  readonly value: unknown;
  readonly signal: AbortSignal;
  answer(result: unknown): void;
  fail(error: Error): void;
}

/** The operator with a user's function whose promises the test settles by hand. */
function operate(options: Partial<AsyncOptions> = {}) {
  const calls: Call[] = [];
  const mapper = (value: unknown, _key: unknown, signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    calls.push({ value, signal, answer: resolve, fail: reject });
    return promise;
  };
  const operator = mapValuesAsync(mapper, { name: 'look-up', concurrency: 2, timeoutMs: 100, ...options });
  return { calls, harness: new OperatorHarness(operator) };
}

/** The operator with a function that answers by itself. */
function answering(mapper: AsyncMapper, options: Partial<AsyncOptions> = {}) {
  const operator = mapValuesAsync(mapper, {
    name: 'look-up',
    concurrency: 2,
    timeoutMs: 60_000,
    ...options,
  });
  return { harness: new OperatorHarness(operator) };
}

/** Lets everything that is settled take its effect. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const called = (calls: readonly Call[]) => calls.map(({ value }) => value);

describe('mapValuesAsync', () => {
  it('has no more calls under way than its concurrency', async () => {
    const { calls, harness } = operate();
    for (const value of ['a', 'b', 'c', 'd']) harness.pipe('k', value);
    expect(called(calls)).toEqual(['a', 'b']);
    calls[1]!.answer('B');
    await settle();
    expect(called(calls)).toEqual(['a', 'b', 'c']);
  });

  it('passes nothing on outside drain and room', async () => {
    const { calls, harness } = operate();
    harness.pipe('k', 'a', 7);
    calls[0]!.answer('A');
    await settle();
    expect(harness.passed).toEqual([]);
    expect(harness.holder.held).toBe(1);
    await harness.holder.drain();
    expect(harness.passed).toEqual([['k', 'A', 7]]);
    expect(harness.holder.held).toBe(0);
  });

  it('passes on at once what is there at once', () => {
    const { harness } = answering((value) => `${String(value)}!`);
    harness.pipe('k', 'a', 7);
    expect(harness.passed).toEqual([['k', 'a!', 7]]);
    expect(harness.passedFor).toEqual([0]);
    expect(harness.holder.held).toBe(0);
    expect(harness.clock.numTimers).toBe(0);
  });

  it('passes on what is there at once behind what was held before, not past it', async () => {
    const first = Promise.withResolvers<unknown>();
    const { harness } = answering((value) => (value === 'a' ? first.promise : value));
    harness.pipe('k', 'a');
    harness.pipe('k', 'b');
    expect(harness.values).toEqual([]);
    first.resolve('a');
    await harness.holder.drain();
    expect(harness.values).toEqual(['a', 'b']);
  });

  it('passes on with the record current that came in', async () => {
    const { calls, harness } = operate();
    harness.pipe('k', 'a');
    harness.pipe('k', 'b');
    calls[0]!.answer('A');
    calls[1]!.answer('B');
    await harness.holder.drain();
    expect(harness.passedFor).toEqual([0, 1]);
  });

  it('makes room when less than its limit is held, without waiting for all', async () => {
    const { calls, harness } = operate({ concurrency: 1 });
    const { limit } = harness.holder;
    for (let i = 0; i < limit + 1; i++) harness.pipe('k', i);
    const room = harness.holder.room();
    for (let i = 0; i < 2; i++) {
      calls[i]!.answer(i);
      await settle();
    }
    await room;
    expect(harness.holder.held).toBe(limit - 1);
    expect(harness.values).toEqual([0, 1]);
  });

  describe('what it holds', () => {
    /** Feeds as a task does: until the operator is full. How many records that were. */
    async function fill(harness: OperatorHarness): Promise<number> {
      let count = 0;
      for (; harness.holder.isFull !== true; count++) harness.pipe('k', count);
      return count;
    }

    /** Waits for all that is held while the clock moves on. */
    async function drain(harness: OperatorHarness, stepMs: number): Promise<void> {
      let isOver = false;
      const drained = harness.holder.drain().then(() => (isOver = true));
      while (!isOver) {
        harness.clock.advance(stepMs);
        await settle();
      }
      await drained;
    }

    it('is no more than the calls under way while these are slow', async () => {
      const { harness } = answering(() => harness.clock.delay(30_000), { concurrency: 3 });
      for (let round = 0; round < 3; round++) {
        expect(await fill(harness)).toBe(3);
        await drain(harness, 30_000);
      }
    });

    it('is more while they are quick, and less again when they become slow', async () => {
      let callMs = 1;
      const { harness } = answering(() => harness.clock.delay(callMs), { concurrency: 16 });
      expect(await fill(harness)).toBe(16);
      await drain(harness, 1);
      expect(await fill(harness)).toBe(64);
      callMs = 30_000;
      await drain(harness, 1);
      await fill(harness);
      await drain(harness, 30_000);
      expect(await fill(harness)).toBe(16);
      await drain(harness, 30_000);
    });

    it('is some megabytes at most, whatever their number', async () => {
      const { harness } = answering(() => harness.clock.delay(1), { concurrency: 2 });
      harness.recordBytes = 1024 * 1024;
      await fill(harness);
      await drain(harness, 1);
      expect(await fill(harness)).toBe(4);
      await drain(harness, 1);
    });
  });

  describe("order 'all' (default)", () => {
    it('keeps the order of the input whatever answers first', async () => {
      const { calls, harness } = operate({ concurrency: 3 });
      for (const value of ['a', 'b', 'c']) harness.pipe(value, value);
      const drained = harness.holder.drain();
      calls[2]!.answer('C');
      calls[1]!.answer('B');
      await settle();
      expect(harness.values).toEqual([]);
      calls[0]!.answer('A');
      await drained;
      expect(harness.values).toEqual(['A', 'B', 'C']);
    });

    it('lets calls of one key overlap', () => {
      const { calls, harness } = operate();
      harness.pipe('k', 'a');
      harness.pipe('k', 'b');
      expect(called(calls)).toEqual(['a', 'b']);
    });
  });

  describe("order 'perKey'", () => {
    it('never has two calls of one key under way, and lets other keys overtake', async () => {
      const { calls, harness } = operate({ order: 'perKey', concurrency: 3 });
      harness.pipe('x', 'x1');
      harness.pipe('x', 'x2');
      harness.pipe('y', 'y1');
      expect(called(calls)).toEqual(['x1', 'y1']);
      const drained = harness.holder.drain();
      calls[1]!.answer('Y1');
      await settle();
      expect(harness.values).toEqual(['Y1']);
      calls[0]!.answer('X1');
      await settle();
      expect(called(calls)).toEqual(['x1', 'y1', 'x2']);
      calls[2]!.answer('X2');
      await drained;
      expect(harness.values).toEqual(['Y1', 'X1', 'X2']);
    });

    it('takes keys that are equal objects for one key', () => {
      const { calls, harness } = operate({ order: 'perKey' });
      harness.pipe({ site: 'a', at: new Date(1) }, 'first');
      harness.pipe({ site: 'a', at: new Date(1) }, 'second');
      harness.pipe({ site: 'a', at: new Date(2) }, 'third');
      expect(called(calls)).toEqual(['first', 'third']);
    });

    it('does not hold up records without a key by each other', () => {
      const { calls, harness } = operate({ order: 'perKey' });
      harness.pipe(null, 'a');
      harness.pipe(null, 'b');
      expect(called(calls)).toEqual(['a', 'b']);
    });

    it('goes on with a key whose call failed', async () => {
      const { calls, harness } = operate({ order: 'perKey' });
      harness.pipe('x', 'x1');
      harness.pipe('x', 'x2');
      calls[0]!.fail(new Error('no'));
      await expect(harness.holder.drain()).rejects.toThrow('no');
      calls[1]!.answer('X2');
      await harness.holder.drain();
      expect(harness.values).toEqual(['X2']);
    });
  });

  it("passes on what answers first under order 'none'", async () => {
    const { calls, harness } = operate({ order: 'none' });
    harness.pipe('k', 'a');
    harness.pipe('k', 'b');
    calls[1]!.answer('B');
    await settle();
    calls[0]!.answer('A');
    await harness.holder.drain();
    expect(harness.values).toEqual(['B', 'A']);
  });

  describe('failures', () => {
    it('rejects with the record that failed, and goes on with the others', async () => {
      const { calls, harness } = operate({ concurrency: 3 });
      for (const value of ['a', 'b', 'c']) harness.pipe('k', value);
      const cause = new Error('not found');
      calls[0]!.answer('A');
      calls[1]!.fail(cause);
      calls[2]!.answer('C');
      const error: unknown = await harness.holder.drain().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HeldRecordError);
      expect(error).toMatchObject({ operatorName: 'look-up', cause, record: { topic: 'input', offset: 1 } });
      expect((error as Error).message).toBe('Cannot process input-0 at offset 1 in look-up: not found');
      expect(harness.values).toEqual(['A']);
      await harness.holder.drain();
      expect(harness.values).toEqual(['A', 'C']);
    });

    it('treats a function that throws as one whose promise rejects', async () => {
      const operator = mapValuesAsync(
        () => {
          throw new Error('at once');
        },
        { name: 'look-up', concurrency: 1, timeoutMs: 100 },
      );
      const harness = new OperatorHarness(operator);
      harness.pipe('k', 'a');
      await expect(harness.holder.drain()).rejects.toThrow(HeldRecordError);
    });

    it('leaves the failure of an operator behind it to that operator, for this record only', async () => {
      const { calls, harness } = operate();
      harness.pipe('k', 'a');
      harness.pipe('k', 'b');
      calls[0]!.answer('A');
      calls[1]!.answer('B');
      const behind = new Error('behind');
      harness.failBehind = (value) => {
        if (value === 'A') throw behind;
      };
      await expect(harness.holder.drain()).rejects.toBe(behind);
      expect(harness.currentOffset).toBe(0);
      await harness.holder.drain();
      expect(harness.values).toEqual(['B']);
    });

    it('retries after a pause that doubles, then gives up', async () => {
      const { calls, harness } = operate({ retries: 2, backoffMs: 10 });
      harness.pipe('k', 'a');
      calls[0]!.fail(new Error('first'));
      await settle();
      expect(calls).toHaveLength(1);
      harness.clock.advance(10);
      await settle();
      expect(calls).toHaveLength(2);
      calls[1]!.fail(new Error('second'));
      await settle();
      harness.clock.advance(19);
      await settle();
      expect(calls).toHaveLength(2);
      harness.clock.advance(1);
      await settle();
      calls[2]!.fail(new Error('third'));
      await expect(harness.holder.drain()).rejects.toThrow('in look-up after 3 attempts: third');
    });

    it('passes on the answer of a retry', async () => {
      const { calls, harness } = operate({ retries: 1, backoffMs: 10 });
      harness.pipe('k', 'a');
      calls[0]!.fail(new Error('first'));
      await settle();
      harness.clock.advance(10);
      await settle();
      calls[1]!.answer('A');
      await harness.holder.drain();
      expect(harness.values).toEqual(['A']);
    });
  });

  describe('timeouts', () => {
    it('aborts the signal and fails when no answer comes in time', async () => {
      const { calls, harness } = operate();
      harness.pipe('k', 'a');
      harness.clock.advance(99);
      await settle();
      expect(calls[0]!.signal.aborted).toBe(false);
      harness.clock.advance(1);
      await expect(harness.holder.drain()).rejects.toThrow('no answer within 100 ms');
      expect(calls[0]!.signal.aborted).toBe(true);
    });

    it('ignores an answer that comes too late', async () => {
      const { calls, harness } = operate();
      harness.pipe('k', 'a');
      harness.clock.advance(100);
      await expect(harness.holder.drain()).rejects.toThrow(HeldRecordError);
      calls[0]!.fail(new Error('too late'));
      await settle();
      await harness.holder.drain();
      expect(harness.passed).toEqual([]);
    });

    it('limits each of several calls, those that began later by as much later', async () => {
      const { calls, harness } = operate({ order: 'none', concurrency: 3 });
      harness.pipe('k', 'a');
      harness.clock.advance(60);
      harness.pipe('k', 'b');
      harness.clock.advance(40);
      await expect(harness.holder.drain()).rejects.toThrow('offset 0');
      expect(calls[1]!.signal.aborted).toBe(false);
      await settle();
      harness.clock.advance(60);
      await expect(harness.holder.drain()).rejects.toThrow('offset 1');
    });

    it('leaves no timer behind an answer in time', async () => {
      const { calls, harness } = operate();
      harness.pipe('k', 'a');
      expect(harness.clock.numTimers).toBe(1);
      calls[0]!.answer('A');
      await harness.holder.drain();
      expect(harness.clock.numTimers).toBe(0);
      expect(calls[0]!.signal.aborted).toBe(false);
    });
  });

  it('tells the functions when the task is closed, and calls none again', async () => {
    const { calls, harness } = operate({ retries: 1, backoffMs: 10 });
    harness.pipe('k', 'a');
    harness.pipe('k', 'b');
    harness.pipe('k', 'c');
    calls[0]!.fail(new Error('first'));
    await settle();
    expect(called(calls)).toEqual(['a', 'b']);
    harness.holder.abandon!();
    expect(calls[1]!.signal.aborted).toBe(true);
    expect(harness.clock.numTimers).toBe(1); // the pause before a retry that will not come
    harness.clock.advance(10);
    calls[1]!.answer('B');
    await settle();
    expect(called(calls)).toEqual(['a', 'b']);
    expect(harness.passed).toEqual([]);
  });

  it('refuses options that cannot work, all at once', () => {
    const declare = () => operate({ concurrency: 0, timeoutMs: -1, retries: 1.5 });
    expect(declare).toThrow(TopologyError);
    expect(declare).toThrow(
      'Cannot declare look-up: concurrency is 0, not 1 or more; timeoutMs is -1, not more than 0; retries is 1.5, not 0 or more.',
    );
  });
});
