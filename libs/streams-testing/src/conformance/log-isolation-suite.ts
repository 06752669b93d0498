/** The cases in which read_committed filters are known to fail: see Kafka's `CompletedFetch.java` for the rule. */
import { describe, expect, it } from '@jest/globals';
import type { LogPort, TopicPartition, TransactionalWriter } from '@hiveframe/streams';
import { TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import {
  batch,
  Collector,
  endOf,
  numbered,
  produce,
  readValues,
  settled,
  texts,
  type Sample,
} from './log-samples.ts';

export function describeLogIsolation(harness: LogHarness): void {
  describe('read_committed', () => {
    hidesOpenOnes(harness);
    hidesInterleavedOnes(harness);
    hidesAwkwardOnes(harness);
    survivesSchedules(harness);
  });
}

/** Sends in a transaction of its own and ends it; gives the end offset. */
async function transact(
  writer: TransactionalWriter,
  at: TopicPartition,
  samples: readonly Sample[],
  outcome: 'commit' | 'abort',
): Promise<number> {
  const transaction = writer.begin();
  const end = endOf(await transaction.send([batch(at, samples)]));
  await transaction[outcome]();
  return end;
}

async function expectValues(log: LogPort, at: TopicPartition, end: number, values: readonly string[]) {
  await settled(log, at, end);
  expect(await readValues(log, at)).toEqual(values);
}

function hidesOpenOnes(harness: LogHarness): void {
  it(
    'shows nothing from the first record of an open transaction on, later records of others included',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      await produce(log, at, texts('before'));
      const writer = await harness.transactional(log);
      const open = writer.begin();
      await open.send([batch(at, texts('open'))]);
      await produce(log, at, texts('behind'));
      const collector = new Collector(log.reader({ isolation: 'read_committed' }));
      collector.reader.assign(at, 0);
      await collector.reach(at, 1);
      await collector.poll(300);
      expect(collector.values(at)).toEqual(['before']);
      expect(collector.last(at)).toMatchObject({ nextOffset: 1, lastStableOffset: 1 });
      await open.abort();
      await collector.until('the record behind', () => collector.records(at).length > 1);
      expect(collector.values(at)).toEqual(['before', 'behind']);
    },
    TEST_TIMEOUT_MS,
  );
}

function hidesInterleavedOnes(harness: LogHarness): void {
  for (const order of ['first begun first', 'last begun first'] as const) {
    it(
      `hides two interleaved aborted transactions that end ${order}`,
      async () => {
        const log = await harness.log();
        const at = await harness.partition(log);
        const a = (await harness.transactional(log)).begin();
        const b = (await harness.transactional(log)).begin();
        for (const round of [1, 2]) {
          await a.send([batch(at, texts(`a${round}`))]);
          await b.send([batch(at, texts(`b${round}`))]);
        }
        for (const transaction of order === 'first begun first' ? [a, b] : [b, a]) await transaction.abort();
        const end = await transact(await harness.transactional(log), at, texts('kept'), 'commit');
        await expectValues(log, at, end, ['kept']);
      },
      TEST_TIMEOUT_MS,
    );
  }

  it(
    'shows a committed transaction that lies within an aborted one, and the other way round',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writers = [await harness.transactional(log), await harness.transactional(log)] as const;
      for (const outer of ['abort', 'commit'] as const) {
        const around = writers[0].begin();
        await around.send([batch(at, texts(`${outer} outer 1`))]);
        await transact(writers[1], at, texts(`in ${outer}`), outer === 'abort' ? 'commit' : 'abort');
        await around.send([batch(at, texts(`${outer} outer 2`))]);
        await around[outer]();
      }
      const end = await produce(log, at, texts('end'));
      await expectValues(log, at, end, ['in abort', 'commit outer 1', 'commit outer 2', 'end']);
    },
    TEST_TIMEOUT_MS,
  );
}

function hidesAwkwardOnes(harness: LogHarness): void {
  it(
    'shows the middle of abort, commit, abort by one producer',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      await transact(writer, at, texts('no'), 'abort');
      await transact(writer, at, texts('yes'), 'commit');
      const end = await transact(writer, at, texts('no', 'no'), 'abort');
      await expectValues(log, at, end, ['yes']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'hides an aborted transaction that is longer than a fetch',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const transaction = (await harness.transactional(log)).begin();
      const filler = 'f'.repeat(100_000);
      for (const name of numbered('aborted ', 40))
        await transaction.send([batch(at, texts(`${name} ${filler}`))]);
      await transaction.abort();
      const end = await produce(log, at, texts('after'));
      await settled(log, at, end);
      const options = { isolation: 'read_committed', maxBufferedBytes: 300_000 } as const;
      expect(await readValues(log, at, options)).toEqual(['after']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'is not misled by a key of four zero bytes, which looks like an abort marker',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const zero = { key: Buffer.alloc(4), value: Buffer.from('zero'), timestampMs: 1 };
      const one = { key: Buffer.from([0, 0, 0, 1]), value: Buffer.from('one'), timestampMs: 1 };
      const aborted = [...texts('a'), zero, ...texts('b'), one, ...texts('c')];
      const writer = await harness.transactional(log);
      await transact(writer, at, aborted, 'abort');
      const end = await transact(writer, at, [zero, one], 'commit');
      await expectValues(log, at, end, ['zero', 'one']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'moves nextOffset beyond aborted records at the end of the partition',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      await produce(log, at, texts('seen'));
      const end = await transact(writer, at, texts('a', 'b', 'c'), 'abort');
      await settled(log, at, end);
      const collector = new Collector(log.reader({ isolation: 'read_committed' }));
      collector.reader.assign(at, 0);
      await collector.reach(at, end);
      expect(collector.values(at)).toEqual(['seen']);
    },
    TEST_TIMEOUT_MS,
  );
}

/** A small generator of its own, so that a failure can be repeated: Numerical Recipes' linear congruence. */
function choices(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function survivesSchedules(harness: LogHarness): void {
  it(
    'shows exactly the committed records of four producers that interleave',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const choose = choices(20_240);
      const writers = await Promise.all(Array.from({ length: 4 }, () => harness.transactional(log)));
      const open = writers.map(
        () => null as { transaction: ReturnType<TransactionalWriter['begin']>; sent: string[] } | null,
      );
      const written: string[] = [];
      const committed = new Set<string>();
      let end = 0;
      for (let step = 0; step < 120; step++) {
        const who = choose(4);
        const current = (open[who] ??= { transaction: writers[who]!.begin(), sent: [] });
        if (choose(3) > 0 || current.sent.length === 0) {
          const name = `${who}-${step}`;
          end = endOf(await current.transaction.send([batch(at, texts(name))]));
          current.sent.push(name);
          written.push(name);
          continue;
        }
        open[who] = null;
        const outcome = choose(2) === 0 ? 'commit' : 'abort';
        await current.transaction[outcome]();
        if (outcome === 'commit') for (const name of current.sent) committed.add(name);
      }
      for (const left of open) await left?.transaction.abort();
      await expectValues(
        log,
        at,
        end,
        written.filter((name) => committed.has(name)),
      );
    },
    TEST_TIMEOUT_MS,
  );
}
