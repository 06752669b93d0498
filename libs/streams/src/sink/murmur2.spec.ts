import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionFor } from './murmur2.ts';

describe('murmur2', () => {
  // The cases of Kafka's own UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Kafka computes', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });

  it('gives a partition also for negative hashes', () => {
    expect(partitionFor(Buffer.from('21'), 10)).toBe((-973932308 & 0x7fffffff) % 10);
  });
});
