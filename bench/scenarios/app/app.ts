/** An application under measurement, as a user would write it: one of the flows, on the built packages. Says "running" when its
 *  tasks run and, on the embedded log, "done" when all of the input is committed. Runs until SIGTERM. */
import { setTimeout as delay } from 'node:timers/promises';
import { StreamsApp, StreamsBuilder, type LogPort, type StorePort, type Topology } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import { FLOWS } from './flows.ts';
import type { AppSettings } from './settings.ts';

const settings = JSON.parse(process.env['BENCH_APP'] ?? '') as AppSettings;
const { applicationId, redisUrl, guarantee, commitIntervalMs } = settings;
const LOOK_EVERY_MS = 25;

function topology(): Topology {
  const builder = new StreamsBuilder();
  const flow = FLOWS[settings.flow]!;
  settings.topics.forEach((topics, index) => flow(builder, topics, index === 0 ? '' : `-${index}`));
  return builder.build();
}

function openLog(): LogPort {
  const { log } = settings;
  return 'brokers' in log ? kafkajs({ brokers: log.brokers.split(',') }) : embedded(log);
}

function stores(): { readonly stores?: StorePort } {
  return redisUrl === null ? {} : { stores: redis({ url: redisUrl }) };
}

const log = openLog();
const app = new StreamsApp(topology(), {
  applicationId,
  log,
  ...stores(),
  processingGuarantee: guarantee,
  commitIntervalMs,
  logger: { log: (level, text) => process.stderr.write(`${level} ${text}\n`) },
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit()));
await app.start();
process.stdout.write('running\n');
if ('checkpointDir' in settings.log) {
  const [{ input }] = settings.topics as [(typeof settings.topics)[0]];
  while (!(await isAllCommitted(input))) await delay(LOOK_EVERY_MS);
  process.stdout.write('done\n');
}

async function isAllCommitted(input: string): Promise<boolean> {
  const described = await log.admin.describe([input]);
  const partitions = Array.from({ length: described.get(input)!.numPartitions }, (_, partition) => ({
    topic: input,
    partition,
  }));
  const ends = await log.admin.offsets(partitions, 'end');
  const committed = await log.admin.committed(applicationId, partitions);
  const at = new Map(committed.map(({ partition, offset }) => [partition, offset]));
  return ends.every(({ partition, offset }) => (at.get(partition) ?? 0) >= offset);
}
