import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { play, type Lesson } from './stage.ts';

/** 01 is the tutorial's and runs for two minutes, 11 starts processes: both have tests of their own. */
const names = readdirSync(new URL('.', import.meta.url))
  .filter((name) => /^\d\d-/.test(name) && !/^(01|11)-/.test(name))
  .sort();

test.concurrent.each(names)(
  '%s runs on the embedded log, and shows something',
  async (name) => {
    const { lesson } = (await import(`./${name}/main.ts`)) as { lesson: Lesson };
    const lines: string[] = [];
    await play(lesson, (line) => lines.push(line));
    expect(lines.filter((line) => line.startsWith('  ')).length).toBeGreaterThan(1);
  },
  30_000,
);
