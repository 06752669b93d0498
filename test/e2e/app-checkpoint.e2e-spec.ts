/** The embedded log in a folder: killed without warning and started again, the application goes on exactly once. */
import { RecordCursor, type LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess } from './app-process.ts';

const WINDOW_MS = 1_000;

interface Reading {
  readonly sensor_id: string;
  readonly temperature: number;
  readonly timestamp: number;
}
interface Aggregate {
  readonly sensor_id: string;
  readonly window_start: number;
  readonly max_temp: number;
  readonly reading_count: number;
}

describe('the application with CHECKPOINT_DIR', () => {
  let checkpointDir: string;

  beforeEach(async () => {
    checkpointDir = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  });
  afterEach(() => rm(checkpointDir, { recursive: true, force: true }));

  it('has written each closed window once and right, after three kills', async () => {
    for (const signal of ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM'] as const) {
      await using app = await AppProcess.start({
        CHECKPOINT_DIR: checkpointDir,
        WINDOW_MS: String(WINDOW_MS),
        WATERMARK_DELAY_MS: '0',
      });
      await app.waitFor('tables', () => /Window Results[^]*Window Results/.test(app.stdout));
      await delay(300 + Math.random() * 700); // anywhere in a commit interval
      app.kill(signal);
      await app.exited;
    }
    const log = embedded({ checkpointDir });
    await log.connect();
    const readings = await readAll<Reading>(log, 'sensor-readings');
    const results = await readAll<Aggregate>(log, 'sensor-aggregates');
    await log.close(1_000);

    expect(results.map(idOf).length).toBeGreaterThan(100);
    expect(new Set(results.map(idOf)).size).toBe(results.length); // none twice
    const expected = aggregate(readings);
    const latest = Math.max(...results.map(({ window_start }) => window_start));
    const closed = [...expected.values()].filter(({ window_start }) => window_start <= latest);
    expect(results.map(byContent).sort()).toEqual(closed.map(byContent).sort());
  }, 120_000);

  it('fails with code 1 and a plain reason while another process holds the folder', async () => {
    await using holder = await AppProcess.start({ CHECKPOINT_DIR: checkpointDir });
    await holder.waitFor('readiness', async () => (await holder.health('ready'))?.code === 200);
    await using second = await AppProcess.start({ CHECKPOINT_DIR: checkpointDir, CONSOLE: 'false' });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(/ERROR.* cannot go on: Cannot open the log in .* it is open already/);
    expect(second.stderr.match(/it is open already/g)).toHaveLength(1);
    expect(second.stderr).not.toMatch(/\n\s+at /);
  }, 60_000);
});

const idOf = ({ sensor_id, window_start }: Aggregate) => `${sensor_id}@${window_start}`;
const byContent = (result: Aggregate) => `${idOf(result)} max ${result.max_temp} of ${result.reading_count}`;

/** What the windows must be: recomputed from the input, one partition in order, late readings dropped. */
function aggregate(readings: readonly Reading[]): ReadonlyMap<string, Aggregate> {
  const windows = new Map<string, Aggregate>();
  let streamTimeMs = 0;
  for (const { sensor_id, temperature, timestamp } of readings) {
    streamTimeMs = Math.max(streamTimeMs, timestamp);
    const window_start = Math.floor(timestamp / WINDOW_MS) * WINDOW_MS;
    if (window_start + WINDOW_MS <= streamTimeMs) continue;
    const id = `${sensor_id}@${window_start}`;
    const former = windows.get(id);
    windows.set(id, {
      sensor_id,
      window_start,
      max_temp: Math.max(temperature, former?.max_temp ?? -Infinity),
      reading_count: (former?.reading_count ?? 0) + 1,
    });
  }
  return windows;
}

async function readAll<T>(log: LogPort, topic: string): Promise<readonly T[]> {
  const reader = log.reader({ isolation: 'read_committed' });
  reader.assign({ topic, partition: 0 }, 0);
  const values: T[] = [];
  const cursor = new RecordCursor();
  for (
    let fetched = await reader.poll({ maxWaitMs: 0 });
    fetched.length > 0;
    fetched = await reader.poll({ maxWaitMs: 0 })
  ) {
    for (const { batches, fromOffset } of fetched) {
      cursor.reset(batches, fromOffset);
      while (cursor.next()) values.push(JSON.parse(Buffer.from(cursor.value() ?? []).toString()) as T);
    }
  }
  await reader.close();
  return values;
}
