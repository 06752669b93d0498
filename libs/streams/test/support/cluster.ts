/** An embedded log as a cluster that outlives applications, with what tests write to it and read from it. */
import { afterEach } from '@jest/globals';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { RecordBatchWriter, RecordCursor, type LogPort } from '@hiveframe/streams';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Runs after the test, last registered first. */
export function afterTest(close: () => Promise<unknown>): void {
  closing.push(close);
}

/** @param topics partition counts by name */
export async function cluster(topics: Readonly<Record<string, number>>): Promise<EmbeddedLog> {
  const log = embedded();
  afterTest(() => log.close(1_000));
  await log.connect();
  await log.admin.create(Object.entries(topics).map(([topic, numPartitions]) => ({ topic, numPartitions })));
  return log;
}

/** Writes one record, or a batch of them, to one partition. */
export async function write(
  log: LogPort,
  at: { readonly topic: string; readonly partition: number },
  records: readonly { readonly key: string; readonly value: string; readonly timestampMs: number }[],
): Promise<void> {
  const batch = new RecordBatchWriter();
  for (const { key, value, timestampMs } of records) {
    batch.append(Buffer.from(key), Buffer.from(value), timestampMs);
  }
  await log.writer().send([{ ...at, records: batch.take() }]);
}

/** Every committed number of a topic, in order, by key. */
export async function readNumbers(log: LogPort, topic: string): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const described = (await log.admin.describe([topic])).get(topic);
  const reader = log.reader({ isolation: 'read_committed' });
  for (let partition = 0; partition < (described?.numPartitions ?? 0); partition++) {
    reader.assign({ topic, partition }, 0);
  }
  const cursor = new RecordCursor();
  const poll = () => reader.poll({ maxWaitMs: 0 });
  for (let fetched = await poll(); fetched.length > 0; fetched = await poll()) {
    for (const one of fetched) {
      cursor.reset(one.batches, one.fromOffset);
      while (cursor.next()) {
        const key = cursor.key()!.toString();
        const numbers = found.get(key) ?? [];
        found.set(key, numbers);
        numbers.push(Number(cursor.value()!.toString()));
      }
    }
  }
  await reader.close();
  return found;
}

export async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`Not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
