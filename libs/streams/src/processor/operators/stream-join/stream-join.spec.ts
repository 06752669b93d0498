import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { inMemoryStores, json, StreamsBuilder, string, topic, type Serde } from '@hiveframe/streams';

interface Event {
  at: number;
  id: string;
}
const DELAY_MS = 10;
const input = (name: string) =>
  topic(name, {
    key: string(),
    value: json<Event>(),
    timestamp: 'at',
    watermark: { delayMs: DELAY_MS },
  });
const orders = input('orders');
const payments = input('payments');
const pairs = topic('pairs', { key: string(), value: json<{ pair: string; at: number }>() });

interface Shape {
  readonly kind: 'inner' | 'left' | 'outer';
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;
}

function build({ kind, ...span }: Shape) {
  const builder = new StreamsBuilder();
  const left = builder.stream(orders);
  const right = builder.stream(payments);
  const options = {
    name: 'pairs',
    ...span,
    joiner: (order: Event | null, payment: Event | null) => ({
      pair: `${order?.id ?? '-'}${payment?.id ?? '-'}`,
      at: Math.max(order?.at ?? 0, payment?.at ?? 0),
    }),
  };
  const joined =
    kind === 'inner'
      ? left.join(right, options)
      : kind === 'left'
        ? left.leftJoin(right, options)
        : left.outerJoin(right, options);
  joined.to(pairs);
  return builder.build();
}

const open: TopologyTestDriver[] = [];
function start(shape: Shape, options: TopologyTestDriverOptions = {}) {
  const driver = new TopologyTestDriver(build(shape), options);
  open.push(driver);
  const inputs = { left: driver.input(orders), right: driver.input(payments) };
  const output = driver.output(pairs);
  return {
    driver,
    pipe: (side: 'left' | 'right', at: number, id = `${side === 'left' ? 'L' : 'R'}${at}`, key = 'k') =>
      inputs[side].pipe({ at, id }, { key }),
    inputs,
    pairs: async () => (await output.readValues()).map(({ pair }) => pair),
    records: () => output.readAll(),
  };
}
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

const inner: Shape = { kind: 'inner', beforeMs: 20, afterMs: 50, graceMs: 0 };

describe('stream-stream join', () => {
  it('pairs records of one key within [left - before, left + after], whichever comes first (D18)', async () => {
    const { pipe, records } = start(inner);
    await pipe('left', 100);
    await pipe('right', 79);
    await pipe('right', 80);
    await pipe('right', 150);
    await pipe('right', 151);
    await pipe('right', 100, 'other', 'k2');
    await pipe('left', 101);
    const found = await records();
    expect(found.map(({ value }) => value.pair)).toEqual(['L100R80', 'L100R150', 'L101R150', 'L101R151']);
    expect(found.map(({ timestampMs }) => timestampMs)).toEqual([100, 150, 150, 151]);
  });

  it('passes a record without a partner on alone when its window has closed, with its own time (D17)', async () => {
    const { pipe, records } = start({ ...inner, kind: 'left', graceMs: 5 });
    await pipe('left', 100);
    await pipe('left', 140);
    await pipe('right', 155);
    await pipe('left', 250);
    await pipe('right', 165); // both sides have reached 155: 100 closes when that is passed
    expect((await records()).map(({ value }) => value.pair)).toEqual(['L140R155', 'L140R165']);
    await pipe('right', 166);
    const found = await records();
    expect(found.map(({ value, timestampMs }) => [value.pair, timestampMs])).toEqual([
      ['L100-', 100],
      ['L140R166', 166],
    ]);
  });

  it('D17 waits as long where before is negative: longer than a partner is waited for', async () => {
    const { pipe, pairs: given } = start({ kind: 'left', beforeMs: -5, afterMs: 14, graceMs: 14 });
    await pipe('left', 100);
    await pipe('left', 138);
    await pipe('right', 138); // watermark 128
    expect(await given()).toEqual([]);
    await pipe('left', 139);
    await pipe('right', 139);
    expect(await given()).toEqual(['L100-']);
  });

  it('D19 passes all records of a key on that close together, also where the function fails for one', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(orders)
      .leftJoin(builder.stream(payments), {
        name: 'pairs',
        beforeMs: 0,
        afterMs: 10,
        graceMs: 0,
        joiner: (order, payment) => {
          if (order.id === 'bad') throw new Error('a bad order');
          return { pair: `${order.id}${payment?.id ?? '-'}`, at: order.at };
        },
      })
      .to(pairs);
    const driver = new TopologyTestDriver(builder.build(), { onProcessingFailure: 'deadLetter' });
    open.push(driver);
    const [left, right] = [driver.input(orders), driver.input(payments)];
    for (const id of ['first', 'bad', 'last']) await left.pipe({ at: 100, id }, { key: 'k' });
    await driver.crashAndRestart();
    await left.pipe({ at: 500, id: 'later' }, { key: 'k' });
    await right.pipe({ at: 400, id: 'R' }, { key: 'other' });
    await driver.crashAndRestart();
    await right.pipe({ at: 410, id: 'R' }, { key: 'other' });
    expect((await driver.output(pairs).readValues()).map(({ pair }) => pair)).toEqual(['first-', 'last-']);
    expect(await driver.deadLetters.readAll()).toHaveLength(1);
  });

  it('keeps values by their own serdes, where they are given, on both ways', async () => {
    class Money {
      readonly cents: number;
      constructor(cents: number) {
        this.cents = cents;
      }
      get text(): string {
        return `${this.cents} ct`;
      }
    }
    const money: Serde<Money> = {
      serialize: ({ cents }) => Buffer.from(String(cents)),
      deserialize: (bytes) => new Money(Number(Buffer.from(bytes).toString())),
    };
    const builder = new StreamsBuilder();
    builder
      .stream(orders)
      .map(({ at }, key) => ({ key, value: new Money(at) })) // by way of a repartition topic
      .join(builder.stream(payments), {
        name: 'paid',
        beforeMs: 50,
        afterMs: 50,
        graceMs: 0,
        key: string(),
        leftValue: money,
        joiner: (amount, payment) => ({ pair: `${amount.text} ${payment.id}`, at: payment.at }),
      })
      .to(pairs);
    const driver = new TopologyTestDriver(builder.build(), { maxCachedBytes: 1 });
    open.push(driver);
    await driver.input(orders).pipe({ at: 100, id: 'L' }, { key: 'k' });
    await driver.crashAndRestart();
    await driver.input(payments).pipe({ at: 110, id: 'R' }, { key: 'k' });
    expect(await driver.output(pairs).readValues()).toEqual([{ pair: '100 ct R', at: 110 }]);
  });

  it('waits for the time of both sides', async () => {
    const { pipe, pairs: given } = start({ ...inner, kind: 'outer' });
    await pipe('left', 100);
    await pipe('left', 1000);
    expect(await given()).toEqual([]);
    await pipe('right', 1000);
    expect(await given()).toEqual(['L100-', 'L1000R1000']);
  });

  it('drops records without a key or value from inner joins, and passes those without a key on alone in outer ones (D20)', async () => {
    const { inputs, pairs: given } = start({ ...inner, kind: 'left' });
    await inputs.left.pipeBytes(Buffer.from(JSON.stringify({ at: 100, id: 'L' })));
    await inputs.left.pipeBytes(null, { key: Buffer.from('k'), timestampMs: 100 });
    await inputs.right.pipeBytes(Buffer.from(JSON.stringify({ at: 100, id: 'R' })));
    expect(await given()).toEqual(['L-']);
  });

  it('keeps what waits over a crash, and what was passed on alone is gone', async () => {
    const { driver, pipe, pairs: given } = start({ ...inner, kind: 'outer' });
    await pipe('left', 100);
    await driver.crashAndRestart();
    await pipe('right', 110);
    await pipe('left', 300);
    await pipe('right', 400);
    await driver.crashAndRestart();
    await pipe('left', 500);
    await pipe('right', 1000);
    await driver.crashAndRestart();
    await pipe('left', 2000);
    await pipe('right', 2100);
    expect(await given()).toEqual(['L100R110', 'L300-', '-R400', 'L500-', '-R1000']);
  });
});

interface Arrival {
  readonly side: 'left' | 'right';
  readonly key: string;
  readonly at: number;
}
const arrivals = fc.array(
  fc.record({
    side: fc.constantFrom('left' as const, 'right' as const),
    key: fc.constantFrom('a', 'b'),
    at: fc.integer({ min: 0, max: 200 }),
  }),
  { minLength: 1, maxLength: 30 },
);

/** The definition, looked at anew with each record. */
function oracle(input: readonly Arrival[], { kind, beforeMs, afterMs, graceMs }: Shape): string[] {
  const isOuter = { left: kind !== 'inner', right: kind === 'outer' };
  const forthMs = { left: afterMs, right: beforeMs };
  const seen: { arrival: Arrival; id: string; matched: boolean; late: boolean; alone: boolean }[] = [];
  const maxAt = { left: -Infinity, right: -Infinity };
  const results: string[] = [];
  const pair = (side: string, mine: string, other: string) =>
    side === 'left' ? `${mine}${other}` : `${other}${mine}`;
  for (const [i, arrival] of input.entries()) {
    const { side, key, at } = arrival;
    maxAt[side] = Math.max(maxAt[side], at);
    const watermarkMs = Math.min(maxAt.left, maxAt.right) - DELAY_MS;
    const isClosed = (one: Arrival) => one.at + forthMs[one.side] + graceMs < watermarkMs;
    for (const one of seen) {
      if (one.late || one.matched || one.alone || !isOuter[one.arrival.side] || !isClosed(one.arrival))
        continue;
      one.alone = true;
      results.push(pair(one.arrival.side, one.id, '-'));
    }
    const id = `${side === 'left' ? 'L' : 'R'}${i}`;
    const mine = { arrival, id, matched: false, late: isClosed(arrival), alone: false };
    for (const one of seen) {
      const [left, right] = side === 'left' ? [at, one.arrival.at] : [one.arrival.at, at];
      const isWithin = right >= left - beforeMs && right <= left + afterMs;
      const isKept = !one.late && !one.alone && one.arrival.at + beforeMs + afterMs + graceMs >= watermarkMs;
      if (one.arrival.side === side || one.arrival.key !== key || !isWithin || !isKept) continue;
      one.matched = mine.matched = true;
      results.push(pair(side, id, one.id));
    }
    if (mine.late && !mine.matched && isOuter[side]) results.push(pair(side, id, '-'));
    seen.push(mine);
  }
  return results.sort();
}

describe('stream-stream join against its definition', () => {
  const options = [
    ['everything cached', {}],
    ['nothing cached', { maxCachedBytes: 1 }],
  ] as const;
  it.each(options)(
    'equals it with crashes in between, %s',
    async (_name, cache) => {
      await fc.assert(
        fc.asyncProperty(
          arrivals,
          fc.constantFrom('inner' as const, 'left' as const, 'outer' as const),
          fc.constantFrom([0, 0], [30, 30], [0, 40], [40, 0], [-5, 25]),
          fc.constantFrom(0, 15),
          fc.nat(6),
          async (input, kind, [beforeMs, afterMs], graceMs, crashEvery) => {
            const shape = { kind, beforeMs: beforeMs!, afterMs: afterMs!, graceMs };
            const run = start(shape, { ...cache, stores: inMemoryStores() });
            for (const [i, { side, key, at }] of input.entries()) {
              await run.pipe(side, at, `${side === 'left' ? 'L' : 'R'}${i}`, key);
              if (crashEvery > 0 && i % (crashEvery + 3) === 0) await run.driver.crashAndRestart();
            }
            expect((await run.pairs()).sort()).toEqual(oracle(input, shape));
          },
        ),
        { numRuns: 60 },
      );
    },
    60_000,
  );
});
