import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

it('example 11 kills its application twice, and its books are right', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/example.ts', '11'], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(stderr).toBe('');
  expect(stdout).toContain('nothing lost, nothing doubled');
  expect(status).toBe(0);
}, 130_000);
