import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CODECS, decompress, type Compression } from './codec.ts';

const samples = [
  Buffer.alloc(0),
  Buffer.from('short'),
  Buffer.alloc(300_000, 'compressible '),
  Buffer.alloc(0),
];

describe.each(Object.keys(CODECS) as Compression[])('%s', (name) => {
  const codec = CODECS[name];

  it('gives back what it compressed, small after big and big after small', () => {
    for (const sample of [...samples, ...samples]) {
      expect(decompress(codec.id, codec.compress(sample)).equals(sample)).toBe(true);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) =>
        decompress(codec.id, codec.compress(Buffer.from(bytes))).equals(bytes),
      ),
      { numRuns: 50 },
    );
  });
});

describe('a compressed body', () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'of %s that is damaged is refused, and the next is read',
    (name) => {
      const codec = CODECS[name];
      const good = codec.compress(samples[2]!);
      const bad = Buffer.from(good).fill(0xff, 0, 12);
      expect(() => codec.decompress(bad)).toThrow();
      expect(() => codec.decompress(good.subarray(0, good.length >> 1))).toThrow();
      expect(codec.decompress(good).equals(samples[2]!)).toBe(true);
    },
  );

  it('of a codec that Kafka does not have is refused by its number', () => {
    expect(() => decompress(7, Buffer.alloc(3))).toThrow('unknown compression codec 7');
  });
});

describe('snappy in the framing of Java', () => {
  const frame = (...blocks: readonly string[]): Buffer => {
    const parts: Buffer[] = [Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1])];
    for (const block of blocks) {
      const bytes = CODECS.snappy.compress(Buffer.from(block));
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      parts.push(length, bytes);
    }
    return Buffer.concat(parts);
  };

  it('is read block by block', () => {
    expect(CODECS.snappy.decompress(frame('one ')).toString()).toBe('one ');
    expect(CODECS.snappy.decompress(frame('one ', 'two ', 'three')).toString()).toBe('one two three');
    expect(CODECS.snappy.decompress(frame()).length).toBe(0);
  });
  it('is refused when its last block is cut off', () => {
    const bytes = frame('one ', 'two');
    expect(() => CODECS.snappy.decompress(bytes.subarray(0, -2))).toThrow('cut off');
  });
});
