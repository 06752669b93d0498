import { RecordCursor, type LogPort, type Topic } from '@hiveframe/streams';

export interface ReadRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
}

/** What is committed in a topic now: partition by partition, in offset order. */
export async function readTopic<K, V>(log: LogPort, topic: Topic<K, V>): Promise<ReadRecord<K, V>[]> {
  const numPartitions = (await log.admin.describe([topic.name])).get(topic.name)?.numPartitions ?? 0;
  const records: ReadRecord<K, V>[] = [];
  for (let partition = 0; partition < numPartitions; partition++) {
    records.push(...(await readPartition(log, topic, partition)));
  }
  return records;
}

async function readPartition<K, V>(
  log: LogPort,
  topic: Topic<K, V>,
  partition: number,
): Promise<ReadRecord<K, V>[]> {
  const at = { topic: topic.name, partition };
  const [end] = await log.admin.offsets([at], 'lastStable');
  const reader = log.reader({ isolation: 'read_committed' });
  reader.assign(at, 0);
  const records: ReadRecord<K, V>[] = [];
  const cursor = new RecordCursor();
  for (let offset = 0; offset < (end?.offset ?? 0);) {
    for (const fetched of await reader.poll({ maxWaitMs: 1_000 })) {
      offset = fetched.nextOffset;
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) records.push(decoded(topic, cursor.key(), cursor.value()));
    }
  }
  await reader.close();
  return records;
}

function decoded<K, V>(
  topic: Topic<K, V>,
  key: Uint8Array | null,
  value: Uint8Array | null,
): ReadRecord<K, V> {
  const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => [] });
  return {
    key: key === null || topic.key === null ? null : topic.key.deserialize(key, context('key')),
    value: value === null ? null : topic.value.deserialize(value, context('value')),
  };
}
