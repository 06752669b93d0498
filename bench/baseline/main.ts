/** The bare loop: the reference work on the same client, without an engine. What it costs is what any engine must pay; it
 *  restores nothing, balances nothing and does one job. Runs until SIGTERM.
 *  KAFKA_BROKERS, APPLICATION_ID, INPUT_TOPIC, OUTPUT_TOPIC, ALERT_TOPIC, COMMIT_INTERVAL_MS (100). */
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { PartitionWork, type BaselineTopics } from './partition-work.ts';

const env = process.env as Readonly<Record<string, string>>;
const applicationId = env['APPLICATION_ID'] ?? 'baseline';
const topics: BaselineTopics = {
  input: env['INPUT_TOPIC'] ?? 'sensor-readings',
  output: env['OUTPUT_TOPIC'] ?? 'sensor-aggregates',
  alerts: env['ALERT_TOPIC'] ?? 'sensor-alerts',
  changelog: `${applicationId}-changelog`,
};

const log = kafkajs({ brokers: (env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',') });
await log.connect();
const described = await log.admin.describe([topics.input]);
const numPartitions = described.get(topics.input)!.numPartitions;
await log.admin.create([{ topic: topics.changelog, numPartitions }]);

const member = { groupId: applicationId, generation: -1, memberId: '', instanceId: null };
const reader = log.reader({ isolation: 'read_committed' });
const work = await Promise.all(Array.from({ length: numPartitions }, (_, partition) => open(partition)));

async function open(partition: number): Promise<PartitionWork> {
  const transactionalId = `${applicationId}-${partition}`;
  const writer = log.transactionalWriter({ transactionalId, transactionTimeoutMs: 60_000 });
  await writer.open();
  reader.assign({ topic: topics.input, partition }, 0);
  return new PartitionWork(partition, topics, writer, member);
}

let stopping = false;
process.once('SIGTERM', () => (stopping = true));
const timer = setInterval(
  () => work.forEach((partition) => partition.commitWhenIdle()),
  Number(env['COMMIT_INTERVAL_MS'] ?? 100),
);
process.stdout.write('first record\n');
while (!stopping) {
  for (const fetched of await reader.poll({ maxWaitMs: 50 })) work[fetched.partition]!.process(fetched);
  for (const partition of work) await partition.room();
}
clearInterval(timer);
await log.close(5_000);
