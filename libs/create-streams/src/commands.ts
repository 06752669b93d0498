/** Programs that are run in the new folder. */
import { spawn } from 'node:child_process';
import type { PackageManager } from './choices.ts';

/** Installs what package.json names. Rejects with what is wrong, after the package manager has told it. */
export function install(folder: string, packageManager: PackageManager): Promise<void> {
  const flags = packageManager === 'npm' ? ['--no-audit', '--no-fund'] : [];
  return runIn(folder, packageManager, ['install', ...flags]);
}

/** An empty repository, unless the folder is within one. */
export async function initRepository(folder: string): Promise<void> {
  const within = await runIn(folder, 'git', ['rev-parse', '--is-inside-work-tree'], 'ignore').then(
    () => true,
    () => false,
  );
  if (!within) await runIn(folder, 'git', ['init', '--quiet']);
}

function runIn(
  folder: string,
  program: string,
  args: readonly string[],
  output: 'inherit' | 'ignore' = 'inherit',
): Promise<void> {
  // npm and pnpm are batch files on Windows, which only a shell runs; no argument here needs quoting.
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}
