/** The engine's own cost per record: the reference work over fetches in memory and ports that keep nothing, beside the bare
 *  loop in the same run. Ratios count; microseconds depend on the machine.
 *  Run: npm run bench:engine   (RECORDS=, SENSORS=, EMIT=updates|final, ROUNDS=, JSON=plain|schema|parse; MAX_RATIO= fails above it) */
import { RecordCursor, type FetchedRecords } from '@hiveframe/streams';
import { GcPauses } from './gc-pauses.ts';
import { makeReadings } from './readings.ts';
import {
  COMMIT_EVERY,
  EMIT,
  JSON_BY,
  PARTITIONS,
  processAll,
  WINDOW_MS,
  type Reading,
} from './window-work.ts';

const RECORDS = Number(process.env['RECORDS'] ?? 400_000);
const SENSORS = Number(process.env['SENSORS'] ?? 1_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 6);

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
  const engineRun = await measure(async () => (outputs = await processAll(fetches)), pauses);
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
