import { describe, expect, it } from '@jest/globals';
import { HeldRows } from './held-rows.ts';

describe('HeldRows', () => {
  it('forgets rows that are removed long before they are due, and keeps the order of the others', () => {
    const rows = new HeldRows();
    for (const id of [0, 1, 2]) rows.add(1_000_000 - id, id, id);
    for (let id = 3; id < 10_000; id++) {
      rows.add(2_000_000 + id, id, id);
      rows.resize(id, 10);
      rows.remove(id);
    }
    expect(rows.size).toBeLessThan(100);
    expect({ count: rows.count, bytes: rows.bytes, nextMs: rows.nextMs }).toEqual({
      count: 3,
      bytes: 0,
      nextMs: 999_998,
    });
    expect(rows.takeFirst()?.id).toBe(2);
    expect(rows.takeDue(Infinity).map(({ id }) => id)).toEqual([1, 0]);
  });

  it('gives a row that was removed and held again when it is due now', () => {
    const rows = new HeldRows();
    rows.add(10, 'a', 'a');
    rows.remove('a');
    rows.add(30, 'a', 'a');
    expect(rows.takeDue(20)).toEqual([]);
    expect(rows.takeDue(30).map(({ dueMs }) => dueMs)).toEqual([30]);
  });
});
