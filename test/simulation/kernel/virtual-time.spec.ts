import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VirtualTime } from './virtual-time.ts';

async function runAll(time: VirtualTime): Promise<void> {
  await time.run(() => false);
}

describe('VirtualTime', () => {
  it('runs events in order of their time, those of one instant in the order they were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 100 }), async (times) => {
        const time = new VirtualTime(0);
        const ran: (readonly [number, number])[] = [];
        for (const [order, ms] of times.entries()) time.after(ms, () => ran.push([time.nowMs, order]));
        await runAll(time);
        const sorted = [...times.entries()].toSorted(([i, a], [j, b]) => a - b || i - j);
        expect(ran).toEqual(sorted.map(([order, ms]) => [ms, order]));
      }),
    );
  });

  it('V1 lets everything follow from an event before the next one of the same instant', async () => {
    const time = new VirtualTime(0);
    const told: string[] = [];
    time.after(1, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve();
        told.push('all that follows');
      })();
    });
    time.after(1, () => told.push('the next'));
    await runAll(time);
    expect(told).toEqual(['all that follows', 'the next']);
  });

  it('V1 holds for the first event too, when the run begins in an event of the process', async () => {
    const told: string[] = [];
    const time = new VirtualTime(0);
    time.after(0, () => told.push('the first event'));
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        void (async () => {
          for (let i = 0; i < 50; i++) await Promise.resolve();
          told.push('what was under way');
        })();
        void runAll(time).then(resolve);
      });
    });
    expect(told).toEqual(['what was under way', 'the first event']);
  });

  it('runs no event that was cancelled, and none after it is over', async () => {
    const time = new VirtualTime(0);
    const ran: number[] = [];
    const cancelled = time.after(1, () => ran.push(1));
    for (const ms of [2, 3, 4]) time.after(ms, () => ran.push(ms));
    cancelled.cancel();
    await time.run(() => ran.length === 2);
    expect(ran).toEqual([2, 3]);
  });

  it('rejects with what an event threw', async () => {
    const time = new VirtualTime(0);
    time.after(1, () => {
      throw new Error('broken');
    });
    await expect(runAll(time)).rejects.toThrow('broken');
  });
});
