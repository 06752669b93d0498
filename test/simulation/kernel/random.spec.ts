import { describe, expect, it } from '@jest/globals';
import { Random } from './random.ts';

function some(random: Random): number[] {
  return Array.from({ length: 20 }, () => random.whole(1, 1_000_000));
}

describe('Random', () => {
  it('gives the same for the same seed and name, and something else for others', () => {
    const first = some(new Random(7, 'a'));
    expect(some(new Random(7, 'a'))).toEqual(first);
    expect(some(new Random(8, 'a'))).not.toEqual(first);
    expect(some(new Random(7, 'b'))).not.toEqual(first);
  });

  it('gives each whole number of a range about equally often', () => {
    const random = new Random(1, 'dice');
    const counts = new Map<number, number>();
    for (let i = 0; i < 60_000; i++) {
      const face = random.whole(1, 6);
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
