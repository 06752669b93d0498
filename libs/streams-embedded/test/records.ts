/** Records as texts, for the tests of this package. */
import { RecordBatchWriter, RecordCursor } from '@hiveframe/streams';
import type { LogPort, OutputBatch, TopicPartition } from '@hiveframe/streams';

export function batch(at: TopicPartition, ...values: readonly string[]): OutputBatch {
  const writer = new RecordBatchWriter();
  for (const value of values) writer.append(null, Buffer.from(value), 1_700_000_000_000);
  return { ...at, records: writer.take() };
}

/** All committed values of a partition. */
export async function valuesIn(log: LogPort, at: TopicPartition): Promise<string[]> {
  const [start] = await log.admin.offsets([at], 'start');
  const [end] = await log.admin.offsets([at], 'lastStable');
  const reader = log.reader({ isolation: 'read_committed' });
  const cursor = new RecordCursor();
  const values: string[] = [];
  reader.assign(at, start!.offset);
  for (let position = start!.offset; position < end!.offset;) {
    for (const fetched of await reader.poll({ maxWaitMs: 1_000 })) {
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) values.push(cursor.value()!.toString());
      position = fetched.nextOffset;
    }
  }
  await reader.close();
  return values;
}

export async function endOf(log: LogPort, at: TopicPartition): Promise<number> {
  return (await log.admin.offsets([at], 'end'))[0]!.offset;
}

/** A membership that is none: see KIP-447. */
export function noMembership(groupId: string) {
  return { groupId, generation: -1, memberId: '', instanceId: null };
}
