import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the complete application', () => {
  test('is in the tutorial letter by letter', () => {
    const fences = [...read('../../docs/guide/tutorial.md').matchAll(/^```ts.*\n([^]*?)^```$/gm)];
    expect(fences.map(([, code]) => code)).toContain(read('main.ts'));
  });
});
