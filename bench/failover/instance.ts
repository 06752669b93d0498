/** One instance of an application that counts keys, watched from inside: says in lines of JSON when it was assigned its tasks, when
 *  each of them processed its first record, and how the event loop fared meanwhile. Runs until it is killed. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  double,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  type GroupListener,
  type LogPort,
  type StorePort,
  type Topology,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import type { InstanceEvent, InstanceSettings } from './instance-events.ts';

const settings = JSON.parse(process.env['INSTANCE'] ?? '') as InstanceSettings;
const LOOP_RESOLUTION_MS = 1;
const MS_PER_NS = 1e-6;

function say(event: InstanceEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
const nowMs = (): number => performance.timeOrigin + performance.now();

/** The value of a record is the number of its partition. */
function topology(): Topology {
  const builder = new StreamsBuilder();
  const seen = new Set<string>();
  builder
    .stream(topic(settings.input, { key: string(), value: string() }))
    .peek((partition) => {
      if (seen.has(partition)) return;
      seen.add(partition);
      say({ event: 'first', partition: Number(partition), atMs: nowMs() });
    })
    .groupByKey({ name: 'counts' })
    .count({ store: { value: double() } })
    .toStream()
    .filter((count): count is number => count !== null && !settings.fills)
    .peek((count, key) => say({ event: 'count', key, count }))
    .to(topic(settings.output, { key: string(), value: double() }));
  return builder.build();
}

/** The log, telling when tasks are assigned. */
function watched(log: LogPort): LogPort {
  const group: LogPort['group'] = (options, listener) => {
    const watching: GroupListener = {
      memberData: () => listener.memberData(),
      assign: (members, partitionCounts) => listener.assign(members, partitionCounts),
      onRevoked: (deadlineMs) => listener.onRevoked(deadlineMs),
      onAssigned: (partitions, data, signal) => {
        say({ event: 'assigned', partitions: partitions.length, atMs: nowMs() });
        return listener.onAssigned(partitions, data, signal);
      },
      onLost: (error) => listener.onLost(error),
      onFailed: (error) => listener.onFailed(error),
    };
    return log.group(options, watching);
  };
  return {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => log.writer(),
    transactionalWriter: (options) => log.transactionalWriter(options),
    group,
    close: (timeoutMs) => log.close(timeoutMs),
  };
}

function stores(): { readonly stores?: StorePort } {
  return settings.redisUrl === null ? {} : { stores: redis({ url: settings.redisUrl }) };
}

const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
const app = new StreamsApp(topology(), {
  applicationId: settings.applicationId,
  log: watched(kafkajs({ brokers: settings.brokers.split(',') })),
  ...stores(),
  processingGuarantee: 'exactly_once',
  sessionTimeoutMs: settings.sessionTimeoutMs,
  logger: { log: (level, text) => process.stderr.write(`${level} ${text}\n`) },
});
let restored = 0;
app.listen({
  onRestoreEnd: (progress) => {
    restored += progress.restored;
  },
});
loop.enable();
await app.start();
loop.disable();
const delayMs = (ns: number) => Math.max(0, ns * MS_PER_NS - LOOP_RESOLUTION_MS);
say({
  event: 'running',
  atMs: nowMs(),
  restored,
  loopDelayMaxMs: delayMs(loop.max),
  loopDelayP99Ms: delayMs(loop.percentile(99)),
});
