import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The first line of a test or of a group of tests: what npm test shows of it. */
const TITLE = /\b(?:it|describe)(?:\.each(?:<[^>]*>)?\([\s\S]*?\))?\(\s*(['"`])((?:(?!\1).)*)\1/g;

function titles(): string[] {
  const specs = ['libs', 'src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.spec.ts') && !name.includes('node_modules'))
      .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
  );
  return specs.flatMap((text) => Array.from(text.matchAll(TITLE), (match) => match[2]!));
}

describe('docs/semantics.md', () => {
  const numbers = Array.from({ length: 28 }, (_, index) => `D${index + 1}`);

  it('has a test for each of D1 to D28, which names it', () => {
    const named = new Set(titles().flatMap((title) => title.match(/\bD\d+\b/g) ?? []));
    expect(numbers.filter((number) => !named.has(number))).toEqual([]);
  });

  it('explains each of D1 to D28', () => {
    const text = readFileSync(join(ROOT, 'docs/semantics.md'), 'utf8');
    expect(numbers.filter((number) => !text.includes(`- **${number}** `))).toEqual([]);
  });
});
