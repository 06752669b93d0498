import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogError, type LogFailure } from '@hiveframe/streams';
import { SharedBroker } from '../src/broker/shared-broker.ts';
import { EmbeddedClient } from '../src/embedded-log.ts';
import { resolveEmbeddedOptions } from '../src/options.ts';
import { Storage } from '../src/storage/storage.ts';
import { batch, endOf, noMembership, valuesIn } from './records.ts';

/** Does everything, then fails at the commit as SQLite does. */
class FailingStorage extends Storage {
  /** SQLite's result code; 0: all is well. */
  fails = 0;

  override transaction(waitForDisk: boolean, write: () => void): void {
    super.transaction(waitForDisk, () => {
      write();
      if (this.fails !== 0)
        throw Object.assign(new Error('database or disk is full'), { errcode: this.fails });
    });
  }
}
const IO_ERROR_FSYNC = 10 | (4 << 8);
const FULL = 13;

let storage: FailingStorage;
let log: EmbeddedClient;
const at = { topic: 'topic', partition: 0 };
const other = { topic: 'topic', partition: 1 };

beforeEach(async () => {
  const options = resolveEmbeddedOptions({});
  log = new EmbeddedClient(new SharedBroker(options, () => (storage = new FailingStorage(null))));
  await log.admin.create([{ topic: 'topic', numPartitions: 2 }]);
});
afterEach(async () => {
  storage.fails = 0;
  await log.close(1_000);
});

async function errorOf(promise: Promise<unknown>): Promise<LogError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LogError);
  return error as LogError;
}
async function failureOf(promise: Promise<unknown>): Promise<LogFailure['kind']> {
  return (await errorOf(promise)).failure.kind;
}
async function begin(transactionalId: string) {
  const writer = log.transactionalWriter({ transactionalId, transactionTimeoutMs: 60_000 });
  await writer.open();
  return { writer, transaction: writer.begin() };
}

describe('a full disk', () => {
  it('refuses the write with a clear message, keeps nothing of it, and goes on when there is room', async () => {
    const writer = log.writer();
    await writer.send([batch(at, 'before')]);
    storage.fails = FULL;
    const error = await errorOf(writer.send([batch(at, 'lost'), batch(other, 'lost')]));
    expect(error.failure).toEqual({ kind: 'unavailable' });
    expect(error.message).toMatch(
      /Cannot write to the log in memory: the disk is full\. Nothing .* was kept\./,
    );
    storage.fails = 0;
    await writer.send([batch(at, 'after')]);
    expect(await valuesIn(log, at)).toEqual(['before', 'after']);
    expect(await valuesIn(log, other)).toEqual([]);
  });

  it('refuses every write of the same turn, of all writers', async () => {
    storage.fails = FULL;
    const writes = ['a', 'b', 'c'].map((value) => failureOf(log.writer().send([batch(at, value)])));
    expect(await Promise.all(writes)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    storage.fails = 0;
    expect(await valuesIn(log, at)).toEqual([]);
  });

  it('keeps readers waiting instead of showing them what was not kept', async () => {
    const reader = log.reader({ isolation: 'read_uncommitted' });
    reader.assign(at, 0);
    storage.fails = FULL;
    await failureOf(log.writer().send([batch(at, 'lost')]));
    expect(await reader.poll({ maxWaitMs: 50 })).toEqual([]);
    expect(await failureOf(log.admin.offsets([at], 'end'))).toBe('unavailable');
    storage.fails = 0;
    await log.writer().send([batch(at, 'kept')]);
    const [fetched] = await reader.poll({ maxWaitMs: 1_000 });
    expect(fetched!.batches).toHaveLength(1);
  });

  it('leaves a topic that could not be created absent', async () => {
    storage.fails = FULL;
    expect(await failureOf(log.admin.create([{ topic: 'late', numPartitions: 1 }]))).toBe('unavailable');
    storage.fails = 0;
    expect((await log.admin.describe(['late'])).size).toBe(0);
    await log.admin.create([{ topic: 'late', numPartitions: 1 }]);
    expect((await log.admin.describe(['late'])).size).toBe(1);
  });
});

describe('an I/O error', () => {
  it('at the commit leaves neither records nor offsets, and the same can be done again', async () => {
    const { writer, transaction } = await begin('id');
    await transaction.send([batch(at, 'lost')]);
    await transaction.addOffsets(noMembership('group'), [{ ...at, offset: 1 }]);
    storage.fails = IO_ERROR_FSYNC;
    const error = await errorOf(transaction.commit());
    expect(error.message).toContain('I/O error');
    storage.fails = 0;
    expect(await valuesIn(log, at)).toEqual([]);
    expect(await log.admin.committed('group', [at])).toEqual([]);
    const again = writer.begin();
    await again.send([batch(at, 'again')]);
    expect(await again.commit()).toBe('committed');
    expect(await valuesIn(log, at)).toEqual(['again']);
  });

  it('aborts the open transactions of others, who hear of it at their next call', async () => {
    const mine = await begin('mine');
    const others = await begin('others');
    await mine.transaction.send([batch(at, 'mine')]);
    await others.transaction.send([batch(at, 'others')]);
    storage.fails = IO_ERROR_FSYNC;
    await failureOf(log.writer().send([batch(at, 'lost')]));
    storage.fails = 0;
    expect(await failureOf(mine.transaction.send([batch(at, 'more')]))).toBe('abortable');
    await mine.transaction.abort();
    expect(await others.transaction.commit()).toBe('aborted');
    expect(await valuesIn(log, at)).toEqual([]);
  });

  it('while an id is opened leaves it with its owner', async () => {
    const { transaction } = await begin('id');
    const successor = log.transactionalWriter({ transactionalId: 'id', transactionTimeoutMs: 60_000 });
    storage.fails = IO_ERROR_FSYNC;
    expect(await failureOf(successor.open())).toBe('unavailable');
    storage.fails = 0;
    await transaction.send([batch(at, 'still mine')]);
    expect(await transaction.commit()).toBe('committed');
    expect((await successor.open()).epoch).toBe(1);
  });

  it('never makes the end of a partition go back', async () => {
    await log.writer().send([batch(at, 'a')]);
    storage.fails = IO_ERROR_FSYNC;
    await failureOf(log.writer().send([batch(at, 'lost', 'lost')]));
    storage.fails = 0;
    expect(await endOf(log, at)).toBeGreaterThanOrEqual(1);
    const [end] = await log.writer().send([batch(at, 'b')]);
    expect(end!.offset).toBe(await endOf(log, at));
    expect(await valuesIn(log, at)).toEqual(['a', 'b']);
  });
});
