/** A writer of Parquet files dies before each of its calls that change the file system, one after the other; whoever comes next has every
 *  row once. So do those who come behind one that died while it went on. Argument: a directory to work in. Says how many calls of each
 *  there were. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { live } from './lives.ts';
import { rowsIn } from './read-files.ts';
import { writeNumbers } from './write-numbers.ts';

const END = 50;
/** They wait for the disk. */
const AT_ONCE = 10;
const [folder] = process.argv.slice(2) as [string];

async function write(directory: string, crashAt = Infinity): Promise<boolean> {
  return live(crashAt, () => writeNumbers(directory, END));
}

/** Until a life is not cut short any more. Gives the calls that it had. */
async function dieAtEachStep(name: string, begin: (directory: string) => void): Promise<number> {
  const dieAt = async (step: number): Promise<boolean> => {
    const directory = join(folder, `${name}-${step}`);
    begin(directory);
    const isComplete = await write(directory, step);
    assert(await write(directory));
    await requireEveryRowOnce(directory, `the ${name} to write died before call ${step}`);
    return isComplete;
  };
  for (let step = 1; ; step += AT_ONCE) {
    const areComplete = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => dieAt(step + i)));
    if (areComplete.includes(true)) return step + areComplete.indexOf(true) - 1;
  }
}

async function requireEveryRowOnce(directory: string, what: string): Promise<void> {
  const rows = (await rowsIn(directory)) as { id: number; part: number }[];
  const found = rows.map(({ id, part }) => `${part}/${id}`).toSorted();
  const expected = [0, 1].flatMap((part) => Array.from({ length: END }, (_, id) => `${part}/${id}`));
  assert.deepEqual(found, expected.toSorted(), what);
}

const first = await dieAtEachStep('first', () => undefined);
const begun = join(folder, 'begun');
assert.equal(await write(begun, Math.floor(first / 2)), false);
const second = await dieAtEachStep('second', (directory) => cpSync(begun, directory, { recursive: true }));
process.stdout.write(JSON.stringify({ first, second }));
