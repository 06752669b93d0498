/** Rows a second into Parquet files, batches as the engine makes them: journal, files, moves, all of it synced.
 *  `node --conditions=hf-source bench/sinks/parquet.ts [rows]` */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ParquetCompression } from '@hiveframe/streams-parquet';
import { parquetSink } from '@hiveframe/streams-parquet';

const ROWS = Number(process.argv[2] ?? 500_000);
const BATCH = 1_000;
const TOPIC = 'rows';

interface Stats {
  readonly sensor: string;
  readonly start: number;
  readonly average: number;
  readonly highest: number;
  readonly readings: number;
}

const statsOf = (i: number): Stats => ({
  sensor: `sensor-${(i * 7) % 5_000}`,
  start: 1_795_900_000_000 + Math.trunc(i / 5_000) * 30_000,
  average: 20 + Math.sin(i) * 10,
  highest: 30 + (i % 100) / 10,
  readings: 100 + (i % 7),
});

async function rowsPerSecond(compression: ParquetCompression): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-parquet-'));
  const sink = parquetSink<null, Stats>({
    directory,
    columns: {
      sensor: 'string',
      start: 'timestamp',
      average: 'double',
      highest: 'double',
      readings: 'int64',
    },
    compression,
  });
  const partition = await sink.open(TOPIC, 0);
  const cpuBefore = process.cpuUsage();
  const pauses = monitorEventLoopDelay({ resolution: 5 });
  pauses.enable();
  const beganMs = performance.now();
  for (let offset = 0; offset < ROWS; offset += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      return {
        key: null,
        value: statsOf(offset + i),
        topic: TOPIC,
        partition: 0,
        timestampMs: 0,
        offset: offset + i,
      };
    });
    await partition.write(batch, { offset: offset + BATCH, rejected: [] });
  }
  await sink.close();
  const seconds = (performance.now() - beganMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const files = readdirSync(directory).filter((name) => name.endsWith('.parquet'));
  const bytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  rmSync(directory, { recursive: true });
  const perRow = (bytes / ROWS).toFixed(1);
  const cpu = ((user + system) / ROWS).toFixed(1);
  return `${compression}: ${Math.round(ROWS / seconds)} rows/s, ${cpu} µs CPU and ${perRow} bytes a row, ${files.length} files, longest pause ${Math.round(pauses.max / 1e6)} ms`;
}

for (const compression of ['snappy', 'zstd', 'none'] as const) {
  process.stdout.write(`${await rowsPerSecond(compression)}\n`);
}
