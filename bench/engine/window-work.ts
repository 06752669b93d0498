/** The reference work of the benchmarks of the engine: readings of sensors into windows, on ports that keep nothing.
 *  EMIT=updates|final, JSON=plain|schema|parse */
import {
  avg,
  col,
  count,
  inMemoryStores,
  json,
  max,
  min,
  schema,
  string,
  StreamsBuilder,
  sum,
  topic,
  tumbling,
  utf8,
  when,
  type FetchedRecords,
  type Serde,
  type StreamsConfig,
  type Topology,
} from '@hiveframe/streams';
import { createTaskEnvironment, resolveStreamsConfig, StreamTask } from '@hiveframe/streams/internal';
import { nullLog } from './null-ports.ts';

export interface Reading {
  sensor_id: string;
  temperature: number;
  humidity: number;
  timestamp: number;
}
export const WINDOW_MS = 30_000;
export const PARTITIONS = 4;
export const EMIT = (process.env['EMIT'] ?? 'updates') as 'updates' | 'final';
export const COMMIT_EVERY = 12_500;

/** `schema`: the fields declared; `plain`: `json()`, which learns them; `parse`: JSON.parse always, as for documents that have no one
 *  shape. The bare loop parses always. */
const VALUES = { schema: json(readingSchema()), plain: json<Reading>(), parse: parsing() };
export const JSON_BY = (process.env['JSON'] ?? 'plain') as keyof typeof VALUES;

const readings = topic('readings', {
  key: string(),
  value: VALUES[JSON_BY],
  timestamp: 'timestamp',
  watermark: { delayMs: 10_000 },
});
function readingSchema() {
  return schema.object({
    sensor_id: schema.string(),
    temperature: schema.number(),
    humidity: schema.number(),
    timestamp: schema.number(),
  });
}
function parsing(): Serde<Reading> {
  return {
    ...json<Reading>(),
    deserializeRange: (buffer, start, end) => JSON.parse(utf8(buffer, start, end)) as Reading,
  };
}
interface Stats {
  sensor_id: string;
  window_start: number;
  window_end: number;
  avg_temp: number;
  max_temp: number;
  min_temp: number;
  avg_humidity: number;
  alert_count: number;
  reading_count: number;
}
const stats = topic('stats', { key: string(), value: json<Stats>() });

function build(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .mapValues(({ sensor_id, temperature, humidity, timestamp }) => ({
      sensor_id,
      temperature,
      humidity,
      timestamp,
      alert: temperature > 28,
    }))
    .groupByKey({ name: 'stats' })
    .windowedBy(tumbling({ sizeMs: WINDOW_MS }), { graceMs: 0, emit: EMIT })
    .agg(
      avg('temperature').alias('avg_temp'),
      max('temperature').alias('max_temp'),
      min('temperature').alias('min_temp'),
      avg('humidity').alias('avg_humidity'),
      sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
      count('*').alias('reading_count'),
    )
    .toStream()
    .map(({ key: sensor_id, ...row }) => ({ key: sensor_id, value: { sensor_id, ...row } }))
    .to(stats);
  return builder.build();
}

/** All of it through one task for each partition, a commit every `COMMIT_EVERY` records. Gives how many records were sent. */
export async function processAll(
  fetches: readonly FetchedRecords[],
  measured: Pick<StreamsConfig, 'telemetry' | 'tracing'> = {},
): Promise<number> {
  const log = nullLog({ readings: PARTITIONS, stats: PARTITIONS });
  const config = resolveStreamsConfig({
    applicationId: 'bench',
    log,
    stores: inMemoryStores(),
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 1,
    ...measured,
  });
  const member = {
    membership: () => ({ groupId: 'bench', generation: 1, memberId: 'm', instanceId: null }),
    commit: async () => {},
  };
  const limits = { numPartitions: PARTITIONS, maxRecordBytes: 1_000_000, numWriters: 0 };
  const topics = new Map([stats.name, config.deadLetterTopic].map((name) => [name, limits]));
  const environment = createTaskEnvironment(
    config,
    () => member,
    () => topics,
  );
  const [subTopology] = build().graph.subTopologies;
  const tasks = Array.from(
    { length: PARTITIONS },
    (_, partition) => new StreamTask({ subTopology: 0, partition }, subTopology!, environment),
  );
  for (const task of tasks) await task.open(() => {});
  const endObservation = config.telemetry.observe?.(() => tasks.flatMap((task) => task.metrics()));
  const since = tasks.map(() => 0);
  for (const fetched of fetches) {
    const task = tasks[fetched.partition]!;
    task.add(fetched);
    for (let n = task.process(256); n > 0; n = task.process(256)) since[fetched.partition]! += n;
    if (since[fetched.partition]! < COMMIT_EVERY) continue;
    since[fetched.partition] = 0;
    await task.commit();
    if (task.failure !== null) throw task.failure;
  }
  for (const task of tasks) await task.commit();
  endObservation?.();
  for (const task of tasks) await task.close();
  return log.sentRecords();
}
