/** Is every package publishable? Each target of `exports` must have been built, and publint must find nothing. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

type ExportTargets = string | { readonly [condition: string]: ExportTargets };

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: ExportTargets;
}

function targets(exported: ExportTargets): string[] {
  return typeof exported === 'string' ? [exported] : Object.values(exported).flatMap(targets);
}

async function faultsOf(folder: string, manifest: Manifest): Promise<string[]> {
  const missing = targets(manifest.exports ?? {}).filter((target) => !existsSync(join(folder, target)));
  if (missing.length > 0)
    return missing.map((target) => `${target} is not there: run \`npm run build\` first`);
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

const folders = readdirSync('libs').map((name) => join('libs', name));
const counts = { passed: 0, failed: 0 };
for (const folder of folders) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  if (manifest.private) continue;
  const faults = await faultsOf(folder, manifest);
  counts[faults.length === 0 ? 'passed' : 'failed']++;
  process.stdout.write(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${manifest.name}\n`);
  for (const fault of faults) process.stdout.write(`     ${fault}\n`);
}
process.stdout.write(`check:exports: ${counts.passed} passed, ${counts.failed} failed\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
