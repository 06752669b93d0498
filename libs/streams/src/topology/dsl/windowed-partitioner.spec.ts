import { describe, expect, it } from '@jest/globals';
import { string } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import { windowed } from '../../serde/windowed.serde.ts';
import { partitionFor } from '../../sink/murmur2.ts';
import { windowedPartitioner } from './windowed-partitioner.ts';

const context = { topic: 't', part: 'key', headers: () => [] } as const;

describe('windowedPartitioner', () => {
  it('sends all windows of a key where the key itself goes', () => {
    const serde = windowed(string());
    const partitioner = windowedPartitioner(serde as Serde<unknown>)!;
    for (const key of ['a', 'sensor-17', 'é']) {
      const partitions = [0, 30_000, 2 ** 41].map((startMs) => {
        const windowedKey = { key, window: { startMs, endMs: startMs + 30_000 } };
        return partitioner(windowedKey, null, serde.serialize(windowedKey, context), 7);
      });
      expect(new Set(partitions)).toEqual(new Set([partitionFor(Buffer.from(key), 7)]));
    }
  });

  it('leaves other keys to the default', () => {
    expect(windowedPartitioner(string() as Serde<unknown>)).toBeNull();
    expect(windowedPartitioner(null)).toBeNull();
  });
});
