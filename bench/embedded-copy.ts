/** Brings topics from Kafka to an embedded log and back, partition by partition, so that one input and one verifier serve both. */
import { RecordBatchWriter, RecordCursor, type LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import type { Task } from './scenarios/scenario.ts';

const BATCH_BYTES = 512 * 1024;
const CLOSE_MS = 5_000;

/** The input, and empty topics for the output. */
export function carryInput(brokers: string, checkpointDir: string, task: Task): Promise<void> {
  return between(brokers, checkpointDir, async (kafka, log) => {
    const described = await kafka.admin.describe([task.input]);
    const { numPartitions } = described.get(task.input)!;
    const topics = [task.input, task.output, task.alerts];
    await log.admin.create(topics.map((topic) => ({ topic, numPartitions })));
    await copy(kafka, log, task.input, numPartitions);
  });
}

/** What was written, to the topics of the same names. */
export function carryOutput(brokers: string, checkpointDir: string, task: Task): Promise<void> {
  return between(brokers, checkpointDir, async (kafka, log) => {
    for (const topic of [task.output, task.alerts]) {
      const described = await log.admin.describe([topic]);
      await copy(log, kafka, topic, described.get(topic)!.numPartitions);
    }
  });
}

async function between(
  brokers: string,
  checkpointDir: string,
  work: (kafka: LogPort, log: LogPort) => Promise<void>,
): Promise<void> {
  const kafka = kafkajs({ brokers: brokers.split(',') });
  const log = embedded({ checkpointDir });
  await Promise.all([kafka.connect(), log.connect()]);
  try {
    await work(kafka, log);
  } finally {
    await Promise.all([kafka.close(CLOSE_MS), log.close(CLOSE_MS)]);
  }
}

async function copy(from: LogPort, to: LogPort, topic: string, numPartitions: number): Promise<void> {
  const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
  const left = new Map(
    (await from.admin.offsets(partitions, 'lastStable')).map(({ partition, offset }) => [partition, offset]),
  );
  const reader = from.reader({ isolation: 'read_committed' });
  const writer = to.writer();
  const cursor = new RecordCursor();
  for (const at of partitions) reader.assign(at, 0);
  for (const [partition, end] of left) if (end === 0) left.delete(partition);
  while (left.size > 0) {
    for (const { partition, batches, fromOffset, nextOffset } of await reader.poll({ maxWaitMs: 100 })) {
      const batch = new RecordBatchWriter();
      const send = () => writer.send([{ topic, partition, records: batch.take() }]);
      cursor.reset(batches, fromOffset);
      while (cursor.next()) {
        batch.append(cursor.key(), cursor.value(), cursor.timestampMs);
        if (batch.sizeBytes >= BATCH_BYTES) await send();
      }
      if (batch.count > 0) await send();
      if (nextOffset >= left.get(partition)!) left.delete(partition);
    }
  }
  await Promise.all([reader.close(), writer.close()]);
}
