/** Makes a failing schedule smaller, as long as it fails: fewer faults first, then simpler settings. */
import type { Fault } from '../faults/fault.ts';
import type { Schedule, Settings } from '../schedule.ts';

export type Fails = (schedule: Schedule) => Promise<boolean>;

const SIMPLER: readonly Partial<Settings>[] = [
  { slowShare: 0 },
  { markerDelayMs: 1 },
  { numInstances: 1 },
  { numInstances: 2 },
  { numPartitions: 1 },
  { maxPendingBytes: 1_000_000 },
  { maxCachedBytes: 1_000_000 },
  { commitIntervalMs: 100 },
];

export async function shrink(schedule: Schedule, fails: Fails): Promise<Schedule> {
  const fewer = { ...schedule, faults: await fewestFaults(schedule, fails) };
  return simplest(fewer, fails);
}

/** Leaves out halves, quarters, … single faults (Zeller's ddmin, without its complements: they are the other halves). */
async function fewestFaults(schedule: Schedule, fails: Fails): Promise<readonly Fault[]> {
  let faults = schedule.faults;
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < faults.length;) {
      const rest = faults.toSpliced(at, size);
      if (await fails({ ...schedule, faults: rest })) faults = rest;
      else at += size;
    }
  }
  return faults;
}

async function simplest(schedule: Schedule, fails: Fails): Promise<Schedule> {
  let smallest = schedule;
  for (const simpler of SIMPLER) {
    const settings = { ...smallest.settings, ...simpler };
    if (settings.numInstances > smallest.settings.numInstances) continue;
    if (!fitsInstances(smallest.faults, settings.numInstances)) continue;
    const candidate = { ...smallest, settings };
    if (await fails(candidate)) smallest = candidate;
  }
  return smallest;
}

function fitsInstances(faults: readonly Fault[], numInstances: number): boolean {
  return faults.every((fault) => !('instance' in fault) || fault.instance < numInstances);
}
