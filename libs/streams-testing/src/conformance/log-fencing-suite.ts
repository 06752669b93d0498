import { describe, expect, it } from '@jest/globals';
import type { LogPort, TopicPartition, Transaction } from '@hiveframe/streams';
import { failureOf, noMembership, TEST_TIMEOUT_MS, type LogHarness } from './log-harness.ts';
import { batch, endOf, readValues, settled, texts } from './log-samples.ts';

export function describeLogFencing(harness: LogHarness): void {
  describe('opening a transactional id again', () => {
    fencesTheOlder(harness);
    serves(harness);
  });
}

/** A zombie in mid-transaction, and the newer owner of its id. */
async function takeOver(harness: LogHarness) {
  const [old, log] = [await harness.log(), await harness.log()];
  const at = await harness.partition(log);
  const id = harness.name('transactional');
  const zombie = await harness.transactional(old, id);
  const transaction = zombie.begin();
  const end = endOf(await transaction.send([batch(at, texts('zombie'))]));
  const owner = await harness.transactional(log, id);
  return { log, at, zombie, transaction, owner, end };
}

async function expectNothingFrom(log: LogPort, at: TopicPartition): Promise<void> {
  const transaction = await log.admin.offsets([at], 'end');
  await settled(log, at, transaction[0]!.offset);
  expect(await readValues(log, at)).toEqual([]);
}

function fencesTheOlder(harness: LogHarness): void {
  const calls: Record<string, (transaction: Transaction, at: TopicPartition) => Promise<unknown>> = {
    send: (transaction, at) => transaction.send([batch(at, texts('late'))]),
    addOffsets: (transaction, at) =>
      transaction.addOffsets(noMembership(harness.name('group')), [{ ...at, offset: 1 }]),
    commit: (transaction) => transaction.commit(),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(
      `fences the older owner at ${name}`,
      async () => {
        const { log, at, transaction } = await takeOver(harness);
        expect(await failureOf(call(transaction, at))).toEqual({ kind: 'fenced' });
        await expectNothingFrom(log, at);
      },
      TEST_TIMEOUT_MS,
    );
  }

  it(
    'fences the older owner also in a transaction that it begins later',
    async () => {
      const { log, at, zombie, transaction } = await takeOver(harness);
      await transaction.abort().catch(() => {});
      const sent = (async () => zombie.begin().send([batch(at, texts('late'))]))();
      expect(await failureOf(sent)).toEqual({ kind: 'fenced' });
      await expectNothingFrom(log, at);
    },
    TEST_TIMEOUT_MS,
  );
}

function serves(harness: LogHarness): void {
  it(
    'ends the open transaction of the older owner, so that the last stable offset moves',
    async () => {
      const { log, at, end } = await takeOver(harness);
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'lets the newer owner go on',
    async () => {
      const { log, at, owner } = await takeOver(harness);
      const transaction = owner.begin();
      const end = endOf(await transaction.send([batch(at, texts('owner'))]));
      expect(await transaction.commit()).toBe('committed');
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(['owner']);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'gives a newer identity: a higher epoch or another producer id',
    async () => {
      const log = await harness.log();
      const writer = log.transactionalWriter({
        transactionalId: harness.name('transactional'),
        transactionTimeoutMs: 30_000,
      });
      const first = await writer.open();
      const second = await writer.open();
      expect(second.producerId !== first.producerId || second.epoch > first.epoch).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'lets an owner open its own id again after a transaction it left open',
    async () => {
      const log = await harness.log();
      const at = await harness.partition(log);
      const writer = await harness.transactional(log);
      await writer.begin().send([batch(at, texts('left open'))]);
      await writer.open();
      const transaction = writer.begin();
      const end = endOf(await transaction.send([batch(at, texts('kept'))]));
      expect(await transaction.commit()).toBe('committed');
      await settled(log, at, end);
      expect(await readValues(log, at)).toEqual(['kept']);
    },
    TEST_TIMEOUT_MS,
  );
}
