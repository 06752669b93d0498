import { setTimeout as delay } from 'node:timers/promises';
import { RecordCursor, type LogPort } from '@hiveframe/streams';

/** A record as text and JSON. */
export interface ReadRecord {
  readonly key: string | null;
  readonly value: unknown;
  readonly timestampMs: number;
  readonly partition: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is committed in a topic now, partition by partition, in the order of offsets. */
export async function readTopic(log: LogPort, topic: string): Promise<ReadRecord[]> {
  const numPartitions = (await log.admin.describe([topic])).get(topic)?.numPartitions ?? 0;
  const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
  const ends = await log.admin.offsets(partitions, 'lastStable');
  const reader = log.reader({ isolation: 'read_committed' });
  const open = new Map(ends.filter(({ offset }) => offset > 0).map((end) => [end.partition, end.offset]));
  const records: ReadRecord[] = [];
  for (const partition of open.keys()) reader.assign({ topic, partition }, 0);
  const cursor = new RecordCursor();
  while (open.size > 0) {
    for (const fetched of await reader.poll({ maxWaitMs: 50 })) {
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) {
        const headers = cursor.headers().map(([name, value]) => [name, String(value)] as const);
        records.push({
          key: cursor.key()?.toString() ?? null,
          value: JSON.parse(cursor.value()!.toString()),
          timestampMs: cursor.timestampMs,
          partition: fetched.partition,
          headers: Object.fromEntries(headers),
        });
      }
      if (fetched.nextOffset >= open.get(fetched.partition)!) open.delete(fetched.partition);
    }
  }
  await reader.close();
  return records.sort((a, b) => a.partition - b.partition);
}

/** Reads again until there are so many. */
export async function awaitTopic(log: LogPort, topic: string, count: number): Promise<ReadRecord[]> {
  for (const deadlineMs = performance.now() + 10_000; ;) {
    const records = await readTopic(log, topic);
    if (records.length >= count) return records;
    if (performance.now() > deadlineMs) throw new Error(`Only ${records.length} of ${count} in ${topic}.`);
    await delay(5);
  }
}
