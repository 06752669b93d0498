/** An application under measurement, as a user would write it: one of the topologies, on the built packages. Says "running" when
 *  its tasks run and, on the embedded log, "done" when all of the input is committed. Runs until SIGTERM. */
import { setTimeout as delay } from 'node:timers/promises';
import { StreamsApp, type LogPort, type StorePort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import type { AppSettings } from './settings.ts';
import { TOPOLOGIES } from './topologies.ts';

const settings = JSON.parse(process.env['BENCH_APP'] ?? '') as AppSettings;
const { applications, redisUrl, guarantee, commitIntervalMs } = settings;
const LOOK_EVERY_MS = 25;

function openLog(): LogPort {
  const { log } = settings;
  return 'brokers' in log ? kafkajs({ brokers: log.brokers.split(',') }) : embedded(log);
}

function stores(): { readonly stores?: StorePort } {
  return redisUrl === null ? {} : { stores: redis({ url: redisUrl }) };
}

const apps = applications.map(({ applicationId, topics }) => {
  const log = openLog();
  const app = new StreamsApp(TOPOLOGIES[settings.topology]!(topics), {
    applicationId,
    log,
    ...stores(),
    processingGuarantee: guarantee,
    commitIntervalMs,
    logger: { log: (level, text) => process.stderr.write(`${level} ${text}\n`) },
  });
  return { app, log, applicationId, input: topics.input };
});
process.once('SIGTERM', () => void Promise.all(apps.map(({ app }) => app.stop())).then(() => process.exit()));
await Promise.all(apps.map(({ app }) => app.start()));
process.stdout.write('running\n');
if ('checkpointDir' in settings.log) {
  const [{ log, applicationId, input }] = apps as [(typeof apps)[0]];
  while (!(await isAllCommitted(log, applicationId, input))) await delay(LOOK_EVERY_MS);
  process.stdout.write('done\n');
}

async function isAllCommitted(log: LogPort, groupId: string, input: string): Promise<boolean> {
  const described = await log.admin.describe([input]);
  const partitions = Array.from({ length: described.get(input)!.numPartitions }, (_, partition) => ({
    topic: input,
    partition,
  }));
  const ends = await log.admin.offsets(partitions, 'end');
  const committed = await log.admin.committed(groupId, partitions);
  const at = new Map(committed.map(({ partition, offset }) => [partition, offset]));
  return ends.every(({ partition, offset }) => (at.get(partition) ?? 0) >= offset);
}
