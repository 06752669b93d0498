import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OffsetSet } from './offset-set.ts';

const place = fc.tuple(fc.nat(3), fc.oneof(fc.nat(100_000), fc.maxSafeNat()));

describe('a set of offsets', () => {
  it('has what was added, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(place), fc.array(place), (added, others) => {
        const offsets = new OffsetSet();
        for (const [partition, offset] of added) offsets.add(partition, offset);
        const expected = new Set(added.map(String));
        for (const one of [...added, ...others]) expect(offsets.has(...one)).toBe(expected.has(String(one)));
      }),
    );
  });
});
