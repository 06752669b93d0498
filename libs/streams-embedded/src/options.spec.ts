import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hiveframe/streams';
import { embedded } from './index.ts';
import { batch } from '../test/records.ts';
import { resolveEmbeddedOptions } from './options.ts';

describe('the options of the embedded log', () => {
  it('default to a log in memory with Kafka’s limit', () => {
    expect(resolveEmbeddedOptions({})).toEqual({
      checkpointDir: null,
      durability: 'process',
      maxRecordBytes: 1_048_588,
    });
  });

  it('are refused with all faults together', () => {
    const open = () => embedded({ checkpointDir: '', durability: 'none' as 'power', maxRecordBytes: 0 });
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(/checkpointDir is empty.*; durability is none.*; maxRecordBytes is 0/);
  });

  it('limit a batch, unless its topic says otherwise', async () => {
    const log = embedded({ maxRecordBytes: 1_000 });
    const config = { 'max.message.bytes': '5000' };
    await log.admin.create([
      { topic: 'small', numPartitions: 1 },
      { topic: 'large', numPartitions: 1, config },
    ]);
    const send = (topic: string) => log.writer().send([batch({ topic, partition: 0 }, 'x'.repeat(2_000))]);
    await expect(send('small')).rejects.toMatchObject({ failure: { kind: 'recordTooLarge' } });
    await send('large');
    await log.close(1_000);
  });
});

describe('topics', () => {
  it('are refused with all faults together, and none is created', async () => {
    const log = embedded();
    const created = log.admin.create([
      { topic: 'fine', numPartitions: 1 },
      { topic: 'no spaces', numPartitions: 1 },
      { topic: '..', numPartitions: 1 },
      { topic: 'none', numPartitions: 0 },
    ]);
    await expect(created).rejects.toThrow(
      /"no spaces" is no topic name.*"\.\." is.*none cannot have 0 partitions/,
    );
    expect((await log.admin.describe(['fine'])).size).toBe(0);
    await log.close(1_000);
  });
});

describe('a log', () => {
  it('closes with its last client, and says so to those who still use it', async () => {
    const log = embedded();
    const shared = log.share();
    await log.admin.create([{ topic: 'topic', numPartitions: 1 }]);
    await log.close(1_000);
    expect((await shared.admin.describe(['topic'])).size).toBe(1);
    await shared.close(1_000);
    await shared.close(1_000);
    await expect(shared.admin.describe(['topic'])).rejects.toThrow('it was closed');
    expect(() => shared.share()).toThrow('it was closed');
  });
});
