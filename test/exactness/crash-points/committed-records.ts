/** What a read_committed reader sees of a topic, to its last stable offset. */
import { RecordCursor, type LogPort, type TopicPartition } from '@hiveframe/streams';

export interface CommittedRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export async function committedRecords(
  log: LogPort,
  at: TopicPartition,
): Promise<readonly CommittedRecord[]> {
  const [end] = await log.admin.offsets([at], 'lastStable');
  const reader = log.reader({ isolation: 'read_committed' });
  const records: CommittedRecord[] = [];
  const cursor = new RecordCursor();
  try {
    reader.assign(at, 0);
    for (let position = 0; position < end!.offset;) {
      for (const { batches, fromOffset, nextOffset } of await reader.poll({ maxWaitMs: 100 })) {
        cursor.reset(batches, fromOffset);
        while (cursor.next()) records.push(recordAt(cursor));
        position = nextOffset;
      }
    }
  } finally {
    await reader.close();
  }
  return records;
}

function recordAt(cursor: RecordCursor): CommittedRecord {
  const { offset } = cursor;
  return { offset, key: copy(cursor.key()), value: copy(cursor.value()) };
}
function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
