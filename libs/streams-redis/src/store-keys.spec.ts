import { describe, expect, it } from '@jest/globals';
import { StoreKeys } from './store-keys.ts';

const id = { applicationId: 'app', store: 'store', partition: 3 };

describe('StoreKeys', () => {
  it('puts all keys of a partition under one hash tag', () => {
    const keys = new StoreKeys('hfs:', id);
    expect(keys).toMatchObject({
      meta: 'hfs:{app:store:3}:meta',
      entries: 'hfs:{app:store:3}:entries',
      windows: 'hfs:{app:store:3}:windows',
    });
    expect(keys.segment(null)).toBe(keys.entries);
    expect(keys.segment(-60_000)).toBe('hfs:{app:store:3}:window:-60000');
  });

  it('gives no two partitions the same keys, and no name a hash tag of its own', () => {
    const ids = [
      { ...id, applicationId: 'app:store', store: 'x' },
      { ...id, applicationId: 'app', store: 'store:x' },
      { ...id, applicationId: 'app}', store: '{x' },
    ];
    const tags = ids.map((one) => new StoreKeys('hfs:', one).meta);
    expect(new Set(tags).size).toBe(3);
    for (const tag of tags) expect(tag).toMatch(/^hfs:\{[^{}]+\}:meta$/);
  });
});
