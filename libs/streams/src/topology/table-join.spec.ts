import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { json, string, StreamsBuilder, topic, tumbling, type KTable } from '@hiveframe/streams';
import { cluster } from '../../test/support/cluster.ts';
import { drive, driveBatches, NOTHING_CACHED, type Written } from '../../test/support/tables.ts';

const left = topic('left', { key: string(), value: json<string>() });
const right = topic('right', { key: string(), value: json<string>() });
const joined = topic('joined', { key: string(), value: json<string>() });

type Kind = 'join' | 'leftJoin' | 'outerJoin';
const KINDS = ['join', 'leftJoin', 'outerJoin'] as const;

function declare(builder: StreamsBuilder, kind: Kind): KTable<string, string> {
  const lefts: Record<Kind, KTable<string, string>['outerJoin']> = builder.table(left, { name: 'lefts' });
  const rights = builder.table(right, { name: 'rights' });
  const joiner = (l: string | null, r: string | null) => `${l ?? '-'}${r ?? '-'}`;
  return lefts[kind](rights, { name: 'pairs', joiner });
}

/** What each step gives, as in Kafka's guide to joins: left and right get and lose rows of one key. */
const STEPS = [
  ['left', null],
  ['right', null],
  ['left', 'A'],
  ['right', 'a'],
  ['left', 'B'],
  ['right', 'b'],
  ['left', null],
  ['right', null],
  ['left', 'C'],
  ['right', 'c'],
  ['right', null],
  ['left', null],
] as const;
const NOTHING: string[] = [];
const RESULTS: Readonly<Record<Kind, (string | null)[][]>> = {
  join: [
    NOTHING,
    NOTHING,
    NOTHING,
    ['Aa'],
    ['Ba'],
    ['Bb'],
    [null],
    NOTHING,
    NOTHING,
    ['Cc'],
    [null],
    NOTHING,
  ],
  leftJoin: [
    NOTHING,
    NOTHING,
    ['A-'],
    ['Aa'],
    ['Ba'],
    ['Bb'],
    [null],
    NOTHING,
    ['C-'],
    ['Cc'],
    ['C-'],
    [null],
  ],
  outerJoin: [
    NOTHING,
    NOTHING,
    ['A-'],
    ['Aa'],
    ['Ba'],
    ['Bb'],
    ['-b'],
    [null],
    ['C-'],
    ['Cc'],
    ['C-'],
    [null],
  ],
};

describe('KTable joins', () => {
  it.each(KINDS)(
    '%s gives a row at each change that makes one, and a deletion where it goes',
    async (kind) => {
      const builder = new StreamsBuilder();
      declare(builder, kind).to(joined);
      const driver = drive(builder, NOTHING_CACHED);
      const output = driver.output(joined);
      const results: (readonly (string | null)[])[] = [];
      for (const [side, value] of STEPS) {
        await driver.input(side === 'left' ? left : right).pipe(value, { key: 'k' });
        results.push(await output.readValues());
      }
      expect(results).toEqual(RESULTS[kind]);
    },
  );

  it('D9 gives a row the highest time that went into it', async () => {
    const builder = new StreamsBuilder();
    declare(builder, 'outerJoin').to(joined);
    const driver = drive(builder);
    await driver.input(left).pipe('A', { key: 'k', timestampMs: 20 });
    await driver.input(right).pipe('a', { key: 'k', timestampMs: 10 });
    await driver.input(left).pipe(null, { key: 'k', timestampMs: 5 });
    const passed = (await driver.output(joined).readAll()).map((r) => [r.value, r.timestampMs]);
    expect(passed).toEqual([
      ['A-', 20],
      ['Aa', 20],
      ['-a', 10],
    ]);
  });

  it('D21 takes changes of both sides in the order of their times, also while rows are read back', async () => {
    const builder = new StreamsBuilder();
    declare(builder, 'join').to(joined);
    const { driver, write } = await driveBatches(builder, NOTHING_CACHED);
    const change = (topic: string, value: string, at: number) => ({ topic, key: 'k', value, at });
    await write([change('left', 'A', 1), change('right', 'a', 2)]);
    await driver.crashAndRestart(); // nothing is in memory now
    await write([
      change('left', 'B', 4),
      change('left', 'C', 6),
      change('right', 'b', 3),
      change('right', 'c', 5),
    ]);
    expect(await driver.output(joined).readValues()).toEqual(['Aa', 'Ab', 'Bb', 'Bc', 'Cc']);
  });

  it('D24 refuses tables of topics with different partition counts', async () => {
    const builder = new StreamsBuilder();
    declare(builder, 'join').to(joined);
    const driver = drive(builder, { log: await cluster({ left: 2, right: 3 }) });
    await expect(driver.settle()).rejects.toThrow('left has 2, right has 3');
  });

  it('refuses a table joined with itself: both sides would change at once', () => {
    const table = new StreamsBuilder().table(left, { name: 'lefts' });
    const upper = table.mapValues((value) => value.toUpperCase());
    expect(() => table.join(upper, { name: 'self', joiner: (a, b) => a + b })).toThrow(
      'rows of both sides come from store lefts',
    );
  });

  it('refuses tables of windows, and of another builder', () => {
    const builder = new StreamsBuilder();
    const table = builder.table(left, { name: 'lefts' });
    const windows = builder
      .stream(right)
      .groupByKey({ name: 'counts' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0 })
      .count();
    const options = { name: 'odd', joiner: () => '' };
    expect(() => table.join(windows as unknown as typeof table, options)).toThrow('a table of windows');
    const other = new StreamsBuilder().table(right, { name: 'rights' });
    expect(() => table.join(other, options)).toThrow('of another StreamsBuilder');
  });

  it('keeps the joined rows in a store if asked', async () => {
    const builder = new StreamsBuilder();
    const lefts = builder.table(left, { name: 'lefts' });
    const pairs = lefts.join(builder.table(right, { name: 'rights' }), {
      name: 'pairs',
      joiner: (l, r) => l + r,
      store: {},
    });
    pairs.to(joined);
    expect(pairs.queryable.name).toBe('pairs');
    const driver = drive(builder);
    await driver.input(left).pipe('A', { key: 'k' });
    await driver.input(right).pipe('a', { key: 'k' });
    const kept = await driver.internal('pairs-changelog').readAll();
    expect(kept.map(({ value }) => value!.subarray(8).toString())).toEqual(['"Aa"']);
  });

  it('gives what a recomputation gives, also what is grouped behind it, whatever comes or is forgotten', async () => {
    const change = fc.record({
      topic: fc.constantFrom('left', 'right', 'third'),
      key: fc.constantFrom('k1', 'k2'),
      value: fc.constantFrom('p', 'q', null),
      at: fc.integer({ min: 0, max: 20 }),
    });
    const rounds = fc.array(fc.record({ write: fc.array(change, { maxLength: 8 }), crash: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(rounds, fc.constantFrom(...KINDS), async (all, kind) => {
        const { driver, write } = await driveBatches(chained(kind), NOTHING_CACHED);
        for (const round of all) {
          await write(round.write);
          if (round.crash) await driver.crashAndRestart();
        }
        const written = all.flatMap((round) => round.write);
        const rows = recomputed(written, kind);
        const latest = new Map((await driver.output(joined).readAll()).map((r) => [r.key, r.value]));
        for (const key of ['k1', 'k2']) expect(latest.get(key) ?? null).toBe(rows.get(key) ?? null);
        const counted = new Map((await driver.output(counts).readAll()).map((r) => [r.key, r.value]));
        for (const [row, count] of counted)
          expect([row, count]).toEqual([row, [...rows.values()].filter((one) => one === row).length]);
      }),
      { numRuns: 40 },
    );
  });
});

const third = topic('third', { key: string(), value: json<string>() });
const counts = topic('counts', { key: string(), value: json<number>() });

/** (left ⋈ right without its p-rows) ⋈ third, counted by row: what is passed on as the row before must be what was passed on. */
function chained(kind: Kind): StreamsBuilder {
  const builder = new StreamsBuilder();
  const pairs = declare(builder, kind).filter((pair) => pair !== 'pp');
  const thirds = builder.table(third, { name: 'thirds' });
  const rows = pairs.leftJoin(thirds, { name: 'triples', joiner: (pair, one) => `${pair}${one ?? '-'}` });
  rows.to(joined);
  rows
    .groupBy((row) => ({ key: row, value: row }), { name: 'by-row', key: string() })
    .count()
    .to(counts);
  return builder;
}

function recomputed(written: readonly Written[], kind: Kind): Map<string, string> {
  const tables = new Map<string, string | null>();
  for (const { topic, key, value } of written) tables.set(`${topic} ${key}`, value as string | null);
  const rows = new Map<string, string>();
  for (const key of ['k1', 'k2']) {
    const [l, r, t] = ['left', 'right', 'third'].map((name) => tables.get(`${name} ${key}`) ?? null);
    const there = l === null ? kind === 'outerJoin' && r !== null : kind !== 'join' || r !== null;
    const pair = `${l ?? '-'}${r ?? '-'}`;
    if (there && pair !== 'pp') rows.set(key, `${pair}${t ?? '-'}`);
  }
  return rows;
}
