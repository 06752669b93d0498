import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogError } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { Child } from './child-processes.ts';
import { batch, endOf, noMembership, valuesIn } from './records.ts';

const [first, second] = [
  { topic: 'topic', partition: 0 },
  { topic: 'topic', partition: 1 },
] as const;
let checkpointDir: string;
const toClose: EmbeddedLog[] = [];
const children: Child[] = [];

beforeEach(() => {
  checkpointDir = mkdtempSync(join(tmpdir(), 'embedded-log-'));
});
afterEach(async () => {
  for (const log of toClose.splice(0)) await log.close(1_000);
  for (const child of children.splice(0)) await child.kill();
  rmSync(checkpointDir, { recursive: true });
});

function open(): EmbeddedLog {
  const log = embedded({ checkpointDir });
  toClose.push(log);
  return log;
}
function start(program: string, ...args: string[]): Child {
  const child = new Child(program, ...args);
  children.push(child);
  return child;
}
function transactional(log: EmbeddedLog, transactionalId: string) {
  return log.transactionalWriter({ transactionalId, transactionTimeoutMs: 60_000 });
}

describe('a log in checkpointDir', () => {
  it('is there again after close: topics, records, offsets, identities', async () => {
    const before = open();
    await before.admin.create([
      { topic: 'topic', numPartitions: 2, config: { 'cleanup.policy': 'compact' } },
    ]);
    await before.writer().send([batch(first, 'a', 'b'), batch(second, 'x')]);
    await before.admin.deleteRecords([{ ...first, offset: 1 }]);
    const writer = transactional(before, 'id');
    const identity = await writer.open();
    const transaction = writer.begin();
    await transaction.addOffsets(noMembership('group'), [{ ...first, offset: 2, metadata: 'm' }]);
    await transaction.commit();
    await before.close(1_000);

    const after = open();
    const topics = await after.admin.describe(['topic']);
    expect(topics.get('topic')).toEqual({ numPartitions: 2, config: { 'cleanup.policy': 'compact' } });
    expect(await valuesIn(after, first)).toEqual(['b']);
    expect(await valuesIn(after, second)).toEqual(['x']);
    expect(await after.admin.committed('group', [first])).toEqual([{ ...first, offset: 2, metadata: 'm' }]);
    const next = await transactional(after, 'id').open();
    expect(next).toEqual({ producerId: identity.producerId, epoch: identity.epoch + 1 });
  });

  it('never gives an offset twice, although the last records were aborted before the restart', async () => {
    const before = open();
    await before.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    await before.writer().send([batch(first, 'kept')]);
    const writer = transactional(before, 'id');
    await writer.open();
    const transaction = writer.begin();
    await transaction.send([batch(first, 'aborted', 'aborted')]);
    await transaction.abort();
    await before.close(1_000);

    const after = open();
    expect(await endOf(after, first)).toBe(3);
    expect(await after.writer().send([batch(first, 'next')])).toEqual([{ ...first, offset: 4 }]);
    expect(await valuesIn(after, first)).toEqual(['kept', 'next']);
  });
});

describe('kill -9', () => {
  it('aborts what was open, keeps what was committed, and gives no offset twice', async () => {
    const child = start('open-transactions.child.ts', checkpointDir);
    await child.line();
    await child.kill();

    const log = open();
    expect(await valuesIn(log, first)).toEqual(['committed', 'behind']);
    expect(await valuesIn(log, second)).toEqual(['committed']);
    const [firstEnd, secondEnd] = await log.admin.offsets([first, second], 'lastStable');
    expect([firstEnd!.offset, secondEnd!.offset]).toEqual([5, 3]);
    expect(await log.admin.committed('group', [first])).toEqual([{ ...first, offset: 1, metadata: 'kept' }]);
    expect((await transactional(log, 'open').open()).epoch).toBe(1);
  });

  for (const durability of ['process', 'power']) {
    it(`at any moment leaves no gap and no duplicate (${durability})`, async () => {
      let acknowledged = -1;
      for (const numLines of [1, 40, 7]) {
        const child = start('counting.child.ts', checkpointDir, durability);
        for (let line = 0; line < numLines; line++) acknowledged = Number(await child.line());
        acknowledged = Number((await child.kill()).at(-1) ?? acknowledged);
      }
      const log = open();
      const numbers = (await valuesIn(log, { topic: 'numbers', partition: 0 })).map(Number);
      expect(numbers).toEqual(numbers.map((_, index) => index));
      expect(numbers.length).toBeGreaterThan(acknowledged);
      expect((await valuesIn(log, { topic: 'numbers', partition: 1 })).map(Number)).toEqual(numbers);
      const [committed] = await log.admin.committed('group', [{ topic: 'numbers', partition: 0 }]);
      expect(committed!.offset).toBe(numbers.length);
    }, 60_000);
  }
});

describe('a second owner of a checkpointDir', () => {
  async function refusal(log: EmbeddedLog): Promise<LogError> {
    const refused = await log.connect().then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(LogError);
    return refused as LogError;
  }

  it('is refused while another process has it, and served when that was killed', async () => {
    const child = start('open-transactions.child.ts', checkpointDir);
    await child.line();
    const log = open();
    const error = await refusal(log);
    expect(error.failure).toEqual({ kind: 'unavailable' });
    expect(error.message).toContain(`${checkpointDir}/log.sqlite: it is open already, in another process`);
    await child.kill();
    await log.connect();
    expect(await valuesIn(log, second)).toEqual(['committed']);
  }, 30_000);

  it('is refused in the same process too', async () => {
    await open().connect();
    expect((await refusal(open())).failure).toEqual({ kind: 'unavailable' });
  });
});
