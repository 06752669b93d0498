import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimerQueue } from './timer-queue.ts';

describe('TimerQueue', () => {
  it('gives timers in order of time, up to the time asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.array(fc.nat(100)), (first, second) => {
        const queue = new TimerQueue();
        for (const dueMs of first) queue.add({ dueMs, id: dueMs, key: dueMs });
        const early = queue.take(50).map(({ dueMs }) => dueMs);
        for (const dueMs of second) queue.add({ dueMs, id: dueMs, key: dueMs });
        const late = queue.take(Infinity).map(({ dueMs }) => dueMs);
        const inOrder = (times: readonly number[]) => times.toSorted((a, b) => a - b);
        expect(early).toEqual(inOrder(first.filter((dueMs) => dueMs <= 50)));
        expect(late).toEqual(inOrder([...first.filter((dueMs) => dueMs > 50), ...second]));
        expect(queue.nextMs).toBe(Infinity);
      }),
    );
  });
});
