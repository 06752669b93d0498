import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Row } from '@hiveframe/streams';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';

/** What readers find: paths within the directory. */
export function filesIn(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.parquet')).toSorted();
}

export async function rowsIn(directory: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of filesIn(directory)) {
    const file = await asyncBufferFromFile(join(directory, name));
    rows.push(...((await parquetReadObjects({ file })) as Row[]));
  }
  return rows;
}

/** The rows that DuckDB answers; large integers are text. */
export async function askDuckDb<T>(statement: string): Promise<T[]> {
  const program = fileURLToPath(new URL('duckdb.child.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, statement], {
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
  });
  return JSON.parse(stdout) as T[];
}
