/** `npm run example 02`: runs a lesson of examples/ by its number, from its sources. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const lessons = readdirSync('examples').filter((name) => /^\d\d-/.test(name));
const wanted = (process.argv[2] ?? '').padStart(2, '0');
const lesson = lessons.find((name) => name.startsWith(`${wanted}-`));
if (lesson === undefined) {
  process.stderr.write(
    `There is no example ${process.argv[2] ?? ''}. There are:\n  ${lessons.join('\n  ')}\n`,
  );
  process.exitCode = 2;
} else {
  const args = ['--conditions=hf-source', `examples/${lesson}/main.ts`];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}
