import { describe, expect, it } from '@jest/globals';
import {
  inMemoryStores,
  RecordBatchWriter,
  TaskCorruptedError,
  type LogPort,
  type StorePartition,
} from '@hiveframe/streams';
import { cluster } from '../../test/support/cluster.ts';
import { restore } from './restore.ts';

const changelog = { topic: 'changelog', partition: 0 };

async function writeOne(log: LogPort, key: string): Promise<void> {
  const records = new RecordBatchWriter();
  records.append(Buffer.from(key), Buffer.from('value'), 1);
  await log.writer().send([{ ...changelog, records: records.take() }]);
}

const openStore = () =>
  inMemoryStores().open(
    { applicationId: 'app', store: 'store', partition: 0 },
    { name: 'store', kind: 'keyValue' },
  );

function restoreInto(partition: StorePartition, log: LogPort): Promise<number> {
  const { signal } = new AbortController();
  return restore({
    log,
    changelog,
    store: 'store',
    windowed: false,
    partition,
    signal,
    onProgress: () => {},
  });
}

describe('restore', () => {
  it('asks for another try when retention deletes what it is about to read, and then replays what is left', async () => {
    const log = await cluster({ changelog: 1 });
    for (const key of ['a', 'b', 'c']) await writeOne(log, key);
    const { admin } = log;
    const cutting: LogPort = {
      name: log.name,
      admin: {
        describe: (topics) => admin.describe(topics),
        create: (topics) => admin.create(topics),
        committed: (groupId, partitions) => admin.committed(groupId, partitions),
        deleteRecords: (upTo) => admin.deleteRecords(upTo),
        deleteTopics: (topics) => admin.deleteTopics(topics),
        offsets: async (partitions, at) => {
          const found = await admin.offsets(partitions, at);
          if (at === 'start') await admin.deleteRecords([{ ...changelog, offset: 2 }]);
          return found;
        },
      },
      connect: (signal) => log.connect(signal),
      reader: (options) => log.reader(options),
      writer: () => log.writer(),
      transactionalWriter: (options) => log.transactionalWriter(options),
      group: (options, listener) => log.group(options, listener),
      close: (timeoutMs) => log.close(timeoutMs),
    };
    const partition = await openStore();
    await expect(restoreInto(partition, cutting)).rejects.toThrow(TaskCorruptedError);
    expect(await restoreInto(partition, cutting)).toBe(3);
    const keys = ['a', 'b', 'c'].map((key) => Buffer.from(key));
    const values = await partition.getMany(null, keys);
    expect(values.map((value) => value !== null)).toEqual([false, false, true]);
  });
});
