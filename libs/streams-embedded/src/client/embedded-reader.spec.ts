import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FetchedRecords, LogReader } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '../index.ts';
import { batch } from '../../test/records.ts';

const at = { topic: 'topic', partition: 0 };
let log: EmbeddedLog;

beforeEach(() => {
  log = embedded();
});
afterEach(() => log.close(1_000));

function reading(...partitions: readonly { topic: string; partition: number }[]): LogReader {
  const reader = log.reader({ isolation: 'read_committed' });
  for (const each of partitions) reader.assign(each, 0);
  return reader;
}

describe('an embedded reader', () => {
  it('says once that a topic does not exist, and reads it when it is assigned after its creation', async () => {
    const reader = reading(at);
    await expect(reader.poll({ maxWaitMs: 0 })).rejects.toMatchObject({ failure: { kind: 'unknownTopic' } });
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    await log.writer().send([batch(at, 'a')]);
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([]);
    reader.assign(at, 0);
    expect(await reader.poll({ maxWaitMs: 1_000 })).toHaveLength(1);
  });

  it('says once that a topic was deleted, and does not take a new one of that name for it', async () => {
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    const reader = reading(at);
    await log.writer().send([batch(at, 'old')]);
    await reader.poll({ maxWaitMs: 1_000 });
    await log.admin.deleteTopics(['topic']);
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    await log.writer().send([batch(at, 'new', 'new')]);
    await expect(reader.poll({ maxWaitMs: 0 })).rejects.toMatchObject({ failure: { kind: 'unknownTopic' } });
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([]);
  });

  it('lets writes happen while it is polled in a tight loop that always finds something', async () => {
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    const writer = log.writer();
    await writer.send([batch(at, 'again and again')]);
    const reader = reading(at);
    let written = false;
    const writing = writer.send([batch(at, 'new')]).then(() => (written = true));
    for (let polls = 0; polls < 1_000 && !written; polls++) {
      await reader.poll({ maxWaitMs: 0 });
      reader.assign(at, 0);
    }
    expect(written).toBe(true);
    await writing;
  });

  it('shares an answer among partitions, so that a long one does not keep the others waiting', async () => {
    await log.admin.create([{ topic: 'topic', numPartitions: 3 }]);
    const partitions = [0, 1, 2].map((partition) => ({ topic: 'topic', partition }));
    const writer = log.writer();
    const filler = 'f'.repeat(100_000);
    for (let sends = 0; sends < 30; sends++) await writer.send([batch(partitions[0]!, filler)]);
    await writer.send([batch(partitions[1]!, 'short'), batch(partitions[2]!, 'short')]);
    const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: 150_000 });
    for (const each of partitions) reader.assign(each, 0);
    const seen = new Set<number>();
    let polls = 0;
    for (; seen.size < 3; polls++)
      for (const fetched of await reader.poll({ maxWaitMs: 0 })) seen.add(fetched.partition);
    expect(polls).toBeLessThanOrEqual(3);
  });

  it('keeps an answer within its bound, but for the batch that exceeds it', async () => {
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    const filler = 'f'.repeat(100_000);
    for (let sends = 0; sends < 10; sends++) await log.writer().send([batch(at, filler)]);
    const reader = log.reader({ isolation: 'read_committed', maxBufferedBytes: 250_000 });
    reader.assign(at, 0);
    const answers: FetchedRecords[] = [];
    while (answers.at(-1)?.nextOffset !== 10) answers.push(...(await reader.poll({ maxWaitMs: 1_000 })));
    expect(answers.map((answer) => answer.batches.length)).toEqual([3, 3, 3, 1]);
    expect(answers.map((answer) => answer.nextOffset)).toEqual([3, 6, 9, 10]);
  });
});
