/** The engine's own cost per record: the reference work over fetches in memory and ports that keep nothing, beside the bare
 *  loop in the same run. Ratios count; microseconds depend on the machine.
 *  Run: npm run bench:engine   (RECORDS=, SENSORS=, EMIT=updates|final, ROUNDS=, JSON=plain|schema|parse; MAX_RATIO= fails above it) */
import {
  avg,
  col,
  count,
  inMemoryStores,
  json,
  max,
  min,
  RecordCursor,
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
  type Topology,
} from '@hiveframe/streams';
import { createTaskEnvironment, resolveStreamsConfig, StreamTask } from '@hiveframe/streams/internal';
import { GcPauses } from './gc-pauses.ts';
import { nullLog } from './null-ports.ts';
import { makeReadings } from './readings.ts';

interface Reading {
  sensor_id: string;
  temperature: number;
  humidity: number;
  timestamp: number;
}
const WINDOW_MS = 30_000;
const PARTITIONS = 4;
const RECORDS = Number(process.env['RECORDS'] ?? 400_000);
const SENSORS = Number(process.env['SENSORS'] ?? 1_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 6);
const EMIT = (process.env['EMIT'] ?? 'updates') as 'updates' | 'final';
const COMMIT_EVERY = 12_500;

/** `schema`: the fields declared; `plain`: `json()`, which learns them; `parse`: JSON.parse always, as for documents that have no one
 *  shape. The bare loop parses always. */
const VALUES = { schema: json(readingSchema()), plain: json<Reading>(), parse: parsing() };
const JSON_BY = (process.env['JSON'] ?? 'plain') as keyof typeof VALUES;

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

async function engine(fetches: readonly FetchedRecords[]): Promise<number> {
  const log = nullLog({ readings: PARTITIONS, stats: PARTITIONS });
  const config = resolveStreamsConfig({
    applicationId: 'bench',
    log,
    stores: inMemoryStores(),
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 1,
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
  for (const task of tasks) await task.close();
  return log.sentRecords();
}

interface Aggregate {
  id: string;
  start: number;
  n: number;
  alerts: number;
  sumT: number;
  sumH: number;
  minT: number;
  maxT: number;
  dirty: boolean;
}

/** The same work by hand: what any engine must pay. */
function bare(fetches: readonly FetchedRecords[]): number {
  const cursor = new RecordCursor();
  const tasks = Array.from({ length: PARTITIONS }, () => ({
    time: -1,
    windows: new Map<number, Map<string, Aggregate>>(),
    dirty: [] as Aggregate[],
    since: 0,
  }));
  let bytes = 0;
  const commit = (task: (typeof tasks)[number]) => {
    for (const a of task.dirty) {
      a.dirty = false;
      bytes += JSON.stringify({
        sensor_id: a.id,
        window_start: a.start,
        window_end: a.start + WINDOW_MS,
        avg_temp: a.sumT / a.n,
        max_temp: a.maxT,
        min_temp: a.minT,
        avg_humidity: a.sumH / a.n,
        alert_count: a.alerts,
        reading_count: a.n,
      }).length;
    }
    task.dirty = [];
    task.since = 0;
  };
  for (const fetched of fetches) {
    const task = tasks[fetched.partition]!;
    cursor.reset(fetched.batches, fetched.fromOffset);
    while (cursor.next()) {
      const r = JSON.parse(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)) as Reading;
      if (r.timestamp > task.time) task.time = r.timestamp;
      const start = r.timestamp - (r.timestamp % WINDOW_MS);
      if (start + WINDOW_MS <= task.time - 10_000) continue;
      let window = task.windows.get(start);
      if (window === undefined) task.windows.set(start, (window = new Map()));
      let a = window.get(r.sensor_id);
      if (a === undefined) {
        a = {
          id: r.sensor_id,
          start,
          n: 0,
          alerts: 0,
          sumT: 0,
          sumH: 0,
          minT: Infinity,
          maxT: -Infinity,
          dirty: false,
        };
        window.set(r.sensor_id, a);
      }
      a.n++;
      a.sumT += r.temperature;
      a.sumH += r.humidity;
      if (r.temperature < a.minT) a.minT = r.temperature;
      if (r.temperature > a.maxT) a.maxT = r.temperature;
      if (r.temperature > 28) a.alerts++;
      if (!a.dirty) {
        a.dirty = true;
        task.dirty.push(a);
      }
      task.since++;
    }
    if (task.since >= COMMIT_EVERY) commit(task);
  }
  for (const task of tasks) commit(task);
  return bytes;
}

interface Run {
  readonly usPerRecord: number;
  /** Of the time on the clock. */
  readonly gcShare: number;
}

async function measure(work: () => unknown, pauses: GcPauses): Promise<Run> {
  const before = process.cpuUsage();
  const fromMs = performance.now();
  await work();
  const toMs = performance.now();
  const { user, system } = process.cpuUsage(before);
  await new Promise(setImmediate); // pauses are told of then
  return { usPerRecord: (user + system) / RECORDS, gcShare: pauses.msWithin(fromMs, toMs) / (toMs - fromMs) };
}

const fetches = makeReadings({
  topic: 'readings',
  numPartitions: PARTITIONS,
  count: RECORDS,
  sensors: SENSORS,
});
const pauses = new GcPauses();
const runs: Record<'engine' | 'bare', Run[]> = { engine: [], bare: [] };
let outputs = 0;
for (let round = 0; round < ROUNDS + 2; round++) {
  const bareRun = await measure(() => bare(fetches), pauses);
  const engineRun = await measure(async () => (outputs = await engine(fetches)), pauses);
  if (round < 2) continue;
  runs.bare.push(bareRun);
  runs.engine.push(engineRun);
}
pauses.close();
const lowest = (all: readonly Run[]) => Math.min(...all.map(({ usPerRecord }) => usPerRecord));
const percent = (all: readonly Run[]) =>
  Math.round((100 * all.reduce((sum, { gcShare }) => sum + gcShare, 0)) / all.length);
const ratio = lowest(runs.engine) / lowest(runs.bare);
process.stdout.write(
  `${JSON.stringify({
    records: RECORDS,
    sensors: SENSORS,
    emit: EMIT,
    json: JSON_BY,
    sentRecords: outputs,
    bareUs: Number(lowest(runs.bare).toFixed(3)),
    engineUs: Number(lowest(runs.engine).toFixed(3)),
    ratio: Number(ratio.toFixed(2)),
    gcPercent: { bare: percent(runs.bare), engine: percent(runs.engine) },
  })}\n`,
);
const maxRatio = Number(process.env['MAX_RATIO'] ?? Infinity);
if (ratio > maxRatio) {
  process.stderr.write(
    `The engine takes ${ratio.toFixed(2)} times the CPU of the bare loop, more than ${maxRatio}: find out what became slower (npm run bench:micro, node --cpu-prof).\n`,
  );
  process.exitCode = 1;
}
