/** Records as texts, through the log port. */
import {
  RecordBatchWriter,
  RecordCursor,
  type FetchedRecords,
  type LogPort,
  type LogReader,
  type OutputBatch,
  type TopicPartition,
} from '@hiveframe/streams';

/** One batch, a record per text, without keys. */
export function batchOf(at: TopicPartition, texts: readonly string[]): OutputBatch {
  const writer = new RecordBatchWriter();
  for (const text of texts) writer.append(null, Buffer.from(text), Date.now());
  return { ...at, records: writer.take() };
}

/** `prefix0`, `prefix1`, … */
export function numbered(prefix: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index}`);
}

export function textsOf(fetched: FetchedRecords): string[] {
  const cursor = new RecordCursor();
  cursor.reset(fetched.batches, fetched.fromOffset);
  const texts: string[] = [];
  while (cursor.next()) texts.push(cursor.value()?.toString() ?? '');
  return texts;
}

/** Polls until the one partition of the reader is at `endOffset`. */
export async function readTexts(reader: LogReader, endOffset: number, timeoutMs = 90_000): Promise<string[]> {
  const texts: string[] = [];
  const deadlineMs = performance.now() + timeoutMs;
  for (let position = -1; position < endOffset;) {
    if (performance.now() > deadlineMs) throw new Error(`Only at offset ${position} of ${endOffset}.`);
    for (const fetched of await reader.poll({ maxWaitMs: 200 })) {
      texts.push(...textsOf(fetched));
      position = fetched.nextOffset;
    }
  }
  return texts;
}

/** What is committed in a topic now, by partition. */
export async function readCommitted(log: LogPort, topic: string): Promise<string[][]> {
  const numPartitions = (await log.admin.describe([topic])).get(topic)?.numPartitions ?? 0;
  const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
  const ends = await log.admin.offsets(partitions, 'lastStable');
  return Promise.all(
    ends.map(async ({ offset, ...at }) => {
      if (offset === 0) return [];
      const reader = log.reader({ isolation: 'read_committed' });
      reader.assign(at, 0);
      const texts = await readTexts(reader, offset);
      await reader.close();
      return texts;
    }),
  );
}
