import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Fault } from '../faults/fault.ts';
import { drawSchedule, type Schedule } from '../schedule.ts';
import { shrink } from './shrink.ts';

const fault = (atMs: number): Fault => ({ kind: 'wipe', atMs });

describe('shrink', () => {
  it('leaves just the faults that it takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.uniqueArray(fc.nat(11), { maxLength: 3 }), async (count, needed) => {
        const faults = Array.from({ length: Math.max(count, 12) }, (_, atMs) => fault(atMs));
        const isThere = ({ faults }: Schedule, atMs: number) =>
          faults.some((one) => one.kind === 'wipe' && one.atMs === atMs);
        const fails = async (one: Schedule) => needed.every((atMs) => isThere(one, atMs));
        const { faults: left } = await shrink({ ...drawSchedule(1), faults }, fails);
        expect(left).toEqual(needed.toSorted((a, b) => a - b).map(fault));
      }),
    );
  });

  it('takes no instance away that a fault names', async () => {
    const schedule = drawSchedule(1);
    const settings = { ...schedule.settings, numInstances: 3 };
    const crash: Fault = { kind: 'crash', atMs: 1, instance: 2, downMs: 1 };
    const fails = async ({ faults }: Schedule) => faults.length > 0;
    const smallest = await shrink({ ...schedule, settings, faults: [crash] }, fails);
    expect(smallest.settings.numInstances).toBe(3);
    expect(smallest.settings.slowShare).toBe(0);
  });
});
