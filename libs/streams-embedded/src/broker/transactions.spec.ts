import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvariantError, LogError, type TransactionalWriter } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '../index.ts';
import { batch, noMembership, valuesIn } from '../../test/records.ts';

const at = { topic: 'topic', partition: 0 };
let log: EmbeddedLog;

beforeEach(async () => {
  log = embedded();
  await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
});
afterEach(() => log.close(1_000));

async function opened(transactionTimeoutMs: number): Promise<TransactionalWriter> {
  const writer = log.transactionalWriter({ transactionalId: 'id', transactionTimeoutMs });
  await writer.open();
  return writer;
}
const stable = async () => (await log.admin.offsets([at], 'lastStable'))[0]!.offset;

/** Until the transaction has run into its timeout: readers can go on behind it. */
async function timedOut(end: number): Promise<void> {
  const reader = log.reader({ isolation: 'read_committed' });
  reader.assign(at, 0);
  while ((await stable()) < end) await reader.poll({ maxWaitMs: 20 });
  await reader.close();
}

describe('a transaction that is open for longer than its timeout', () => {
  it('is aborted, so that it holds nobody up, and its owner hears of it', async () => {
    const writer = await opened(30);
    const late = writer.begin();
    await late.send([batch(at, 'late')]);
    await late.addOffsets(noMembership('group'), [{ ...at, offset: 1 }]);
    expect(await stable()).toBe(0);
    expect(await log.admin.committed('group', [at])).toEqual([]);
    await timedOut(1);
    const error: unknown = await late.send([batch(at, 'later')]).catch((reason: unknown) => reason);
    expect((error as LogError).failure).toEqual({ kind: 'abortable' });
    expect((error as LogError).message).toContain('open for longer than its timeout of 30 ms');
    await late.abort();
    expect(await valuesIn(log, at)).toEqual([]);
  });

  it('is not committed any more, but the next one is', async () => {
    const writer = await opened(30);
    const late = writer.begin();
    await late.send([batch(at, 'late')]);
    await timedOut(1);
    expect(await late.commit()).toBe('aborted');
    const next = writer.begin();
    await next.send([batch(at, 'next')]);
    expect(await next.commit()).toBe('committed');
    expect(await valuesIn(log, at)).toEqual(['next']);
  });
});

describe('a transactional writer', () => {
  it('refuses to begin before it was opened, and while a transaction is open', async () => {
    const writer = log.transactionalWriter({ transactionalId: 'id', transactionTimeoutMs: 1_000 });
    expect(() => writer.begin()).toThrow(InvariantError);
    await writer.open();
    const transaction = writer.begin();
    expect(() => writer.begin()).toThrow(InvariantError);
    await transaction.commit();
    await expect(transaction.send([batch(at, 'late')])).rejects.toThrow(InvariantError);
    writer.begin();
  });

  it('gives a new producer id when the epochs of the old one are used up', async () => {
    const writer = log.transactionalWriter({ transactionalId: 'id', transactionTimeoutMs: 1_000 });
    let identity = await writer.open();
    const { producerId } = identity;
    while (identity.epoch < 32_767) {
      const opens = Array.from({ length: 1_000 }, () => writer.open());
      identity = (await Promise.all(opens)).findLast((each) => each.producerId === producerId)!;
      if (identity.epoch > 31_000) break;
    }
    for (let opens = 0; opens < 2_000 && identity.producerId === producerId; opens++)
      identity = await writer.open();
    expect(identity.producerId).toBeGreaterThan(producerId);
    expect(identity.epoch).toBe(0);
  });

  it('aborts what is open when it is closed', async () => {
    const writer = await opened(60_000);
    await writer.begin().send([batch(at, 'open')]);
    await writer.close();
    expect(await stable()).toBe(1);
    expect(await valuesIn(log, at)).toEqual([]);
  });
});
