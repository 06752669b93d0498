import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Answers } from './answers.ts';

function answer(correlationId: number, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(8 + bodyBytes, 0xff);
  bytes.writeInt32BE(4 + bodyBytes, 0);
  bytes.writeInt32BE(correlationId, 4);
  return bytes;
}

describe('Answers', () => {
  it('finds an answer behind others in one chunk', () => {
    const chunk = Buffer.concat([answer(1, 10), answer(2, 0), answer(3, 5)]);
    expect(new Answers().find(chunk, 3)).toBe(18 + 8);
    expect(new Answers().find(chunk, 4)).toBeNull();
  });

  it('finds each answer once, however the bytes are cut', () => {
    const sizes = fc.array(fc.nat(30), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 20 })), fc.nat(), (bodies, cuts, pick) => {
        const wanted = pick % bodies.length;
        const all = Buffer.concat(bodies.map((bodyBytes, id) => answer(id, bodyBytes)));
        const chunks: Buffer[] = [];
        for (let at = 0; at < all.length; at += chunks.at(-1)!.length)
          chunks.push(all.subarray(at, at + (cuts[chunks.length] ?? all.length)));
        const answers = new Answers();
        const found = chunks.filter((chunk) => answers.find(chunk, wanted) !== null);
        expect(found).toHaveLength(1);
      }),
    );
  });
});
