/** Type-checks the `ts` fences of README.md and docs/ against the packages, so that what is shown compiles.
 *  ```ts             a module of its own
 *  ```ts continued   goes on where the fence before it in the same file ended
 *  ```ts ignore      is not checked, and counted
 *  A fence keeps its line numbers in the module made of it: an error names the line of the document. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Inside node_modules, so that imports of packages resolve as they do for a user. */
const WORK = 'node_modules/.cache/docs-check';
const FENCE = /^( *)```(\S*) *(.*)$/;

interface Module {
  readonly document: string;
  readonly lines: string[];
}

interface Fences {
  readonly modules: Module[];
  fences: number;
  ignored: number;
}

function documents(): string[] {
  return ['README.md', ...globSync('docs/**/*.md', { exclude: ['**/node_modules', 'docs/api'] }).toSorted()];
}

function readFences(document: string, found: Fences): void {
  const lines = readFileSync(document, 'utf8').split('\n');
  let target: string[] | undefined;
  let open = false;
  lines.forEach((line, index) => {
    const fence = FENCE.exec(line);
    if (fence === null) return target?.push(line);
    open = !open;
    target = open && fence[2] === 'ts' ? startFence(document, index, fence[3]!, found) : undefined;
  });
}

/** The lines that the fence's text is added to; undefined when it is not to be checked. */
function startFence(document: string, index: number, mode: string, found: Fences): string[] | undefined {
  if (mode === 'ignore') {
    found.ignored++;
    return undefined;
  }
  found.fences++;
  const before = found.modules.at(-1);
  if (mode !== 'continued' || before?.document !== document) found.modules.push({ document, lines: [] });
  const { lines } = found.modules.at(-1)!;
  while (lines.length <= index) lines.push('');
  return lines;
}

function writeModules(modules: readonly Module[]): void {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  modules.forEach(({ lines }, index) => writeFileSync(join(WORK, `fence${index}.ts`), moduleText(lines)));
  writeFileSync(join(WORK, 'package.json'), '{ "type": "module" }\n');
  const config = { extends: '../../../tsconfig.json', include: ['*.ts'], exclude: [] };
  writeFileSync(join(WORK, 'tsconfig.json'), JSON.stringify(config));
}

/** `export {}` makes a module of a fence without imports, so that two fences may use the same names. */
function moduleText(lines: readonly string[]): string {
  return `${lines.join('\n')}\nexport {};\n`;
}

/** The compiler's lines, with the place in the document instead of the place in the module. */
function explain(output: string, modules: readonly Module[]): string {
  return output.replace(
    /^\S*fence(\d+)\.ts\((\d+),(\d+)\)/gm,
    (_, index: string, line: string, column: string) => {
      return `${modules[Number(index)]!.document}:${line}:${column}`;
    },
  );
}

const found: Fences = { modules: [], fences: 0, ignored: 0 };
for (const document of documents()) readFences(document, found);
writeModules(found.modules);
const tsc = spawnSync('node_modules/.bin/tsc', ['--noEmit', '--pretty', 'false', '-p', WORK], {
  encoding: 'utf8',
});
process.stdout.write(explain(tsc.stdout + tsc.stderr, found.modules));
const verdict = tsc.status === 0 ? 'all compile' : 'some do not compile';
process.stdout.write(`docs:check: ${found.fences} fences checked, ${found.ignored} ignored: ${verdict}\n`);
process.exitCode = tsc.status === 0 ? 0 : 1;
