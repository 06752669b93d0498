import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textOf } from './short-texts.ts';

const read = (bytes: Buffer) =>
  textOf(Buffer.concat([Buffer.from('x'), bytes, Buffer.from('y')]), 1, bytes.length + 1);

describe('textOf', () => {
  it('is the UTF-8 text of any bytes, also when they are no UTF-8', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => Buffer.from(text)),
      fc.constantFrom('', 'a', 'a'.repeat(24), 'a'.repeat(25), '\0').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (array) =>
        expect(read(Buffer.from(array))).toBe(Buffer.from(array).toString('utf8')),
      ),
      { numRuns: 2_000 },
    );
  });

  it('keeps texts apart of which there are more than it has places for, in every order', () => {
    for (const numIds of [10, 1_000, 20_000, 10]) {
      for (let i = 0; i < 40_000; i++) {
        const id = `id-${(i * 7_919) % numIds}`;
        const text = read(Buffer.from(id));
        if (text !== id) expect(text).toBe(id);
      }
    }
  });
});
