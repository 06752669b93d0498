/** A driver over a topology of tables, with state that is read again as often as possible if a test asks for it. */
import { embedded } from '@hiveframe/streams-embedded';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import { RecordBatchWriter, type StreamsBuilder } from '@hiveframe/streams';
import { afterTest } from './cluster.ts';

/** Clean entries are forgotten at the next commit; then a record of their key waits for a read. */
export const NOTHING_CACHED = { maxCachedBytes: 1 };

export function drive(builder: StreamsBuilder, options: TopologyTestDriverOptions = {}): TopologyTestDriver {
  const driver = new TopologyTestDriver(builder.build(), options);
  afterTest(() => driver[Symbol.asyncDispose]());
  return driver;
}

export interface Written {
  readonly topic: string;
  readonly key: string | null;
  /** Of JSON; null deletes. */
  readonly value: unknown;
  readonly at: number;
}

/** Like `drive`, but writes many records before any is processed. */
export async function driveBatches(builder: StreamsBuilder, options: TopologyTestDriverOptions = {}) {
  const log = embedded();
  const driver = drive(builder, { ...options, log });
  await driver.settle();
  const write = async (records: readonly Written[]): Promise<void> => {
    for (const { topic, key, value, at } of records) {
      const batch = new RecordBatchWriter();
      const bytes = value === null ? null : Buffer.from(JSON.stringify(value));
      batch.append(key === null ? null : Buffer.from(key), bytes, at);
      await log.writer().send([{ topic, partition: 0, records: batch.take() }]);
    }
    await driver.settle();
  };
  return { driver, write };
}
