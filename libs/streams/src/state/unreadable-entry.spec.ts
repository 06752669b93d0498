import { describe, expect, it } from '@jest/globals';
import { StoreError, TaskCorruptedError } from '@hiveframe/streams';
import type { StorePartition } from '../ports/store.ts';
import { readEntry, whyUnreadable } from './unreadable-entry.ts';

function unreadable(): unknown {
  try {
    return readEntry(() => JSON.parse('{') as unknown);
  } catch (error) {
    return error;
  }
}

describe('an entry that cannot be read', () => {
  let cleared = 0;
  const partition = { clear: async () => (cleared++, 'applied') } as unknown as StorePartition;

  it('empties the store, so that the next opening restores it', async () => {
    const error = await whyUnreadable(unreadable(), 'counts', partition, false);
    expect(error).toBeInstanceOf(TaskCorruptedError);
    expect((error as Error).message).toMatch(
      /^Cannot read an entry of store counts: .* restored from its changelog.$/,
    );
    expect(cleared).toBe(1);
  });

  it('ends the application when the changelog holds the same: else it would be restored for ever', async () => {
    const error = await whyUnreadable(unreadable(), 'counts', partition, true);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ retryable: false });
    expect((error as Error).message).toContain('Give the store the serdes it was written with');
  });

  it('is told apart from a store that is away', async () => {
    const away = new StoreError('away', { retryable: true });
    expect(await whyUnreadable(away, 'counts', partition, false)).toBe(away);
  });
});
