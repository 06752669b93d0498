/** The tutorial's complete application, from its own file, on the embedded log in a folder. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleSink } from '@hiveframe/streams-connect';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sensorAnalytics, type Reading } from '../../examples/01-iot-sensor-analytics/main.ts';
import { RunningProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { readCheckpoints } from './tutorial-log.ts';
import { comparable, expectedResults, readingAt, WINDOW_MS } from './tutorial-readings.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 30, 10, 0, seconds)).toISOString();
const reading = (seconds: number, sensor_id: string, temperature: number): Reading => ({
  sensor_id,
  temperature,
  humidity: 50,
  timestamp: at(seconds),
});

describe("the tutorial's application", () => {
  let checkpointDir: string;
  beforeEach(async () => {
    checkpointDir = await mkdtemp(join(tmpdir(), 'tutorial-'));
  });
  afterEach(() => rm(checkpointDir, { recursive: true, force: true }));

  it('prints the table of a window that began before a stop and ended after it', async () => {
    const printed: string[] = [];
    const start = async () => {
      const sink = new ConsoleSink({ format: 'table', write: (text) => printed.push(text) });
      const stream = sensorAnalytics({ checkpointDir, batchIntervalMs: 20, sink });
      await stream.start();
      return stream;
    };
    {
      await using stream = await start();
      await stream.emit(reading(1, 'sensor-2', 21.5));
      await stream.emit(reading(20, 'sensor-1', 31.2));
    }
    await using stream = await start();
    await stream.emit(reading(12, 'sensor-1', 19.1));
    await stream.emit(reading(35, 'sensor-1', 25)); // the next window
    await stream.emit(reading(29, 'sensor-3', 20)); // out of order, in time: the watermark is at 25
    await stream.emit(reading(40, 'sensor-1', 25)); // the watermark reaches 30
    await eventually('a table', () => printed.length > 0);
    await stream.emit(reading(3, 'sensor-1', 99)); // too late
    await stream.emit(reading(70, 'sensor-1', 25)); // the watermark reaches 60
    await eventually('the next table', () => printed.length > 1);

    expect(printed).toEqual([
      `Window Results:
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor_id | avg_temp | max_temp | min_temp | avg_humidity | alert_count | reading_count |
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor-1  |    25.15 |    31.20 |    19.10 |           50 |           1 |             2 |
| sensor-2  |    21.50 |    21.50 |    21.50 |           50 |           0 |             1 |
| sensor-3  |    20.00 |    20.00 |    20.00 |           50 |           0 |             1 |
+-----------+----------+----------+----------+--------------+-------------+---------------+
`,
      `Window Results:
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor_id | avg_temp | max_temp | min_temp | avg_humidity | alert_count | reading_count |
+-----------+----------+----------+----------+--------------+-------------+---------------+
| sensor-1  |    25.00 |    25.00 |    25.00 |           50 |           0 |             2 |
+-----------+----------+----------+----------+--------------+-------------+---------------+
`,
    ]);
  });

  it('has counted every reading once after three kills -9', async () => {
    const count = 3_000;
    for (const until of [700, 1_500, 2_200]) await emitAndKill(until, count);
    await emitAll(count);
    const { readings, results } = await readCheckpoints(checkpointDir);

    expect(readings).toEqual(Array.from({ length: count + 1 }, (_, index) => readingAt(index, count)));
    const closed = readings.slice(0, count);
    expect(comparable(results)).toEqual(comparable(expectedResults(closed)));
    expect(results.reduce((sum, { reading_count }) => sum + reading_count, 0)).toBe(count);
  }, 120_000);

  /** Goes on behind what is in the log: a reading may be there whose acknowledgement the kill has swallowed. */
  async function run(count: number): Promise<RunningProcess> {
    const from = await readCheckpoints(checkpointDir).then(
      ({ readings }) => readings.length,
      () => 0,
    );
    return new RunningProcess({
      name: 'tutorial',
      command: process.execPath,
      args: ['--conditions=hf-source', PROGRAM, checkpointDir, String(from), String(count)],
      env: { NODE_OPTIONS: '' },
    });
  }

  async function emitAndKill(until: number, count: number): Promise<void> {
    const program = await run(count);
    await eventually(
      `reading ${until}`,
      () => {
        program.assertRunning();
        return program.lines.some((line) => Number(/^acknowledged (\d+)$/.exec(line)?.[1]) >= until);
      },
      { everyMs: 5 },
    );
    program.kill('SIGKILL');
    await program.exited;
  }

  async function emitAll(count: number): Promise<void> {
    const program = await run(count);
    const lastEnd = Math.max(
      ...Array.from({ length: count }, (_, index) => Date.parse(readingAt(index, count).timestamp)),
    );
    const lastWindow = Math.floor(lastEnd / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    await eventually('the last acknowledgement', () => {
      program.assertRunning();
      return program.lines.includes(`acknowledged ${count}`) && program.lines.some(isTableAt(lastWindow));
    });
    await program.stop();
  }
});

const PROGRAM = fileURLToPath(new URL('tutorial-process.ts', import.meta.url));

const isTableAt = (endMs: number) => {
  const time = new Date(endMs);
  const two = (part: number) => String(part).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return (line: string) => line.endsWith(`${clock}] Window Results:`);
};
