import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';

const PROGRAM = fileURLToPath(new URL('../test/crash-steps.child.ts', import.meta.url));

describe('Parquet files of writers that die', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parquet-crash-steps-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('have every row once, whatever was the last call of a writer or of who went on', async () => {
    const options = ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'];
    const { stdout } = await promisify(execFile)(process.execPath, [...options, PROGRAM, folder], {
      env: { ...process.env, NODE_OPTIONS: '' }, // a process of its own, for jest has modules of its own
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    const calls = JSON.parse(stdout) as { first: number; second: number };
    expect(calls.first).toBeGreaterThan(60);
    expect(calls.second).toBeGreaterThan(40);
  }, 60_000);
});
