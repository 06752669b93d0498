import { describe, expect, it } from '@jest/globals';
import { json, processorOutput, StreamsBuilder, string, topic, type AsyncOptions } from '@hiveframe/streams';
import { driveBatches } from '../../../test/support/tables.ts';
import { OperatorHarness } from '../../../test/support/operator-harness.ts';
import { processAsync, type AsyncProcessing } from './process-async.ts';

interface Order {
  readonly id: string;
  readonly items: readonly string[];
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const items = topic('items', { key: string(), value: json<string>() });
const empties = topic('empties', { key: string(), value: json<string>() });
const tick = () => new Promise((resolve) => setImmediate(resolve));

function operate(process: AsyncProcessing['process'], options: Partial<AsyncOptions> = {}) {
  const all = { name: 'split-up', concurrency: 4, timeoutMs: 1_000, ...options };
  return new OperatorHarness(processAsync({ options: all, outputs: ['other'], process }), 1);
}

describe('processAsync', () => {
  it.each([
    ['all', ['1.1', '1.2', '2.1', '2.2']],
    ['none', ['2.1', '2.2', '1.1', '1.2']],
  ] as const)('passes on what each call forwarded, in the order `%s`', async (order, expected) => {
    const calls = new Map<unknown, () => void>();
    const harness = operate(
      async ({ value }, { forward }) => {
        forward({ key: 'k', value: `${String(value)}.1`, timestampMs: 1 });
        await new Promise<void>((resolve) => calls.set(value, resolve));
        forward({ key: 'k', value: `${String(value)}.2`, timestampMs: 1 });
      },
      { order },
    );
    harness.pipe('a', 1);
    harness.pipe('b', 2);
    calls.get(2)!();
    await tick();
    calls.get(1)!();
    await harness.holder.drain();
    expect(harness.values).toEqual(expected);
  });

  it('cuts fractions of a millisecond off, and refuses what is no time', async () => {
    const refused: string[] = [];
    const harness = operate((record, { forward }) => {
      for (const timestampMs of [7.9, NaN, -Infinity]) {
        try {
          forward({ ...record, timestampMs });
        } catch (error) {
          refused.push((error as Error).message);
        }
      }
    });
    harness.pipe('a', 1);
    await harness.holder.drain();
    expect(harness.passed.map(([, , timestampMs]) => timestampMs)).toEqual([7]);
    expect(refused).toEqual([
      expect.stringContaining('Cannot forward from split-up: timestampMs is NaN;'),
      expect.stringContaining('timestampMs is -Infinity'),
    ]);
  });

  it('forgets what a failed attempt forwarded, and tries again', async () => {
    let attempts = 0;
    const harness = operate(
      async (record, { forward }) => {
        forward({ ...record, value: `attempt ${++attempts}` });
        await Promise.resolve();
        if (attempts === 1) throw new Error('away');
      },
      { retries: 1, backoffMs: 10 },
    );
    harness.pipe('a', 1);
    await tick();
    harness.clock.advance(10);
    await harness.holder.drain();
    expect(harness.values).toEqual(['attempt 2']);
  });

  it('lets nothing be forwarded when the call has ended', async () => {
    let late: (() => void) | undefined;
    const harness = operate((record, { forward }) => {
      late = () => forward(record);
    });
    harness.pipe('a', 1);
    expect(late).toThrow('Cannot forward from split-up: the call has ended.');
    expect(harness.values).toEqual([]);
  });

  it('begins no attempt beyond the budget of a record, nor for what another cannot mend', async () => {
    const failures: string[] = [];
    const failing = async ({ value }: { readonly value: unknown }) => {
      failures.push(String(value));
      await Promise.resolve();
      throw new Error(String(value));
    };
    const harness = operate(failing, {
      retries: 10,
      backoffMs: 10,
      retryBudgetMs: 25,
      retryWhen: (error) => (error as Error).message !== 'hopeless',
    });
    harness.pipe('a', 'away');
    await tick();
    harness.clock.advance(10);
    await tick();
    await expect(harness.holder.drain()).rejects.toThrow('in split-up after 2 attempts: away');
    harness.pipe('a', 'hopeless');
    await expect(harness.holder.drain()).rejects.toThrow('in split-up: hopeless');
    expect(failures).toEqual(['away', 'away', 'hopeless']);
  });

  it('loses and repeats nothing over crashes, also of other outputs and with headers', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(orders)
      .processAsync({
        name: 'split-up',
        concurrency: 4,
        timeoutMs: 1_000,
        order: 'none',
        output: { key: string(), value: json<string>() },
        outputs: { empties: processorOutput({ ...empties, to: (stream) => stream.to(empties) }) },
        process: async ({ key, value, timestampMs }, { forward, forwardTo, origin }) => {
          await tick();
          const headers = [['from', Buffer.from(String(origin.offset))]] as const;
          for (const item of value.items) forward({ key: item, value: key, timestampMs, headers });
          if (value.items.length === 0) forwardTo('empties', { key, value: value.id, timestampMs });
        },
      })
      .to(items);
    const { driver, write } = await driveBatches(builder);
    const order = (id: string, ...of: string[]) => ({
      topic: 'orders',
      key: id,
      value: { id, items: of },
      at: 1,
    });
    await write([order('1', 'a', 'b'), order('2')]);
    await driver.crashAndRestart();
    await write([order('3', 'a')]);
    await driver.crashAndRestart();
    const found = await driver.output(items).readAll();
    const shown = found.map(({ key, value, headers }) => `${key} of ${value}, ${String(headers[0]![1])}`);
    expect(shown.sort()).toEqual(['a of 1, 0', 'a of 3, 2', 'b of 1, 0']);
    expect(await driver.output(empties).readValues()).toEqual(['2']);
  });
});
