import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DDSketch } from './dd-sketch.ts';
import { hash64 } from './hash64.ts';
import { HyperLogLog } from './hyper-log-log.ts';

const value = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
  fc.double({ min: -1e9, max: -1e-6, noNaN: true }),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });

function sketchOf(of: readonly number[], relativeError = 0.01): DDSketch {
  const sketch = new DDSketch(relativeError);
  for (const one of of) sketch.add(one);
  return sketch;
}
const QUANTILES = [0, 0.25, 0.5, 0.9, 0.99, 1];
const quantiles = (sketch: DDSketch) => QUANTILES.map((quantile) => sketch.quantile(quantile));

describe('DDSketch', () => {
  it('gives every quantile within its relative error', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(...QUANTILES), (of, quantile) => {
        const sorted = of.toSorted((a, b) => a - b);
        const exact = sorted[Math.floor(quantile * (sorted.length - 1))]!;
        const given = sketchOf(of).quantile(quantile)!;
        expect(Math.abs(given - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.010_001);
      }),
    );
  });

  it('merges, and forgets, as if the values had gone into one, or never come', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const merged = sketchOf(left);
        merged.merge(sketchOf(right));
        expect(quantiles(merged)).toEqual(quantiles(sketchOf([...left, ...right])));
        for (const one of right) merged.add(one, -1);
        expect(quantiles(merged)).toEqual(quantiles(sketchOf(left)));
      }),
    );
  });

  it('comes back as it was packed', () => {
    fc.assert(
      fc.property(values, (of) => {
        const packed = sketchOf(of).pack();
        expect(quantiles(DDSketch.unpack(packed, 0.01))).toEqual(quantiles(sketchOf(of)));
      }),
    );
  });

  it('stays below its bound, and exact at the top, however far the values lie apart', () => {
    const sketch = new DDSketch(0.01);
    for (let exponent = -300; exponent <= 300; exponent += 0.1) sketch.add(10 ** exponent);
    expect(sketch.pack().length).toBeLessThanOrEqual(17 + 2_048 * 12);
    expect(sketch.quantile(1)! / 10 ** 299.9).toBeCloseTo(1, 0);
    for (let exponent = -300; exponent <= 300; exponent += 0.1) sketch.add(10 ** exponent, -1);
    expect([sketch.count, sketch.quantile(0.5)]).toEqual([0, null]);
  });
});

describe('HyperLogLog', () => {
  const textsOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `user-${from + i}`);
  const sketch = (texts: readonly string[]) => {
    const made = new HyperLogLog();
    for (const text of texts) made.add(text);
    return made;
  };

  it.each([0, 1, 10, 100, 1_000, 10_000, 200_000])('counts %d within four standard errors', (number) => {
    const { estimate } = sketch(textsOf(0, number));
    expect(Math.abs(estimate - number)).toBeLessThanOrEqual(Math.max(1, number * 0.065));
  });

  it('counts what comes again once, and merges as if all had gone into one', () => {
    const whole = sketch(textsOf(0, 3_000));
    const merged = sketch(textsOf(0, 2_000));
    merged.merge(sketch(textsOf(1_000, 3_000)));
    expect(merged.estimate).toBe(whole.estimate);
  });

  it.each([0, 5, 100_000])('comes back as it was packed, with %d values', (number) => {
    const made = sketch(textsOf(0, number));
    const packed = made.pack();
    expect(HyperLogLog.unpack(packed).estimate).toBe(made.estimate);
    expect(packed.length).toBeLessThanOrEqual(Math.min(2 + number * 3, 2 + 4_096));
  });

  it('hashes as MurmurHash3 does', () => {
    expect(hash64('test')[0]).toBe(0x704b81dc); // published for this seed
    expect(hash64('Hello, world!')[0]).toBe(0x24884cba);
  });

  it('spreads texts evenly over all bits of its hash', () => {
    const bits = Array.from({ length: 64 }, () => 0);
    for (const text of textsOf(0, 4_000)) {
      for (const [half, word] of hash64(text).entries()) {
        for (let bit = 0; bit < 32; bit++) bits[half * 32 + bit]! += (word >>> bit) & 1;
      }
    }
    for (const ones of bits) expect(Math.abs(ones - 2_000)).toBeLessThan(200); // six standard deviations
  });
});
