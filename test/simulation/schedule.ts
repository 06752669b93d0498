/** One run to be: everything that is decided beforehand, as a function of a seed. */
import { ALL_FAULTS, drawFaults, type FaultProfile } from './faults/draw-faults.ts';
import type { Fault } from './faults/fault.ts';
import { Random } from './kernel/random.ts';
import { SCENARIOS, type ScenarioName } from './workload/scenarios.ts';

export interface Settings {
  readonly numInstances: number;
  readonly numPartitions: number;
  readonly numRecords: number;
  /** Stores outlive the process; else they are in its memory. */
  readonly durableStores: boolean;
  readonly commitIntervalMs: number;
  readonly maxCachedBytes: number;
  readonly maxPendingBytes: number;
  readonly slowShare: number;
  readonly markerDelayMs: number;
}

export interface Schedule {
  readonly seed: number;
  readonly scenario: ScenarioName;
  readonly settings: Settings;
  readonly faults: readonly Fault[];
}

/** What schedules are drawn from. */
export interface Profile {
  readonly scenarios: readonly ScenarioName[];
  readonly faults: FaultProfile;
}

export const EVERYTHING: Profile = {
  scenarios: Object.keys(SCENARIOS) as ScenarioName[],
  faults: ALL_FAULTS,
};

/** Input is written, and faults happen, before these. */
export const INPUT_MS = 1_200;
export const FAULTS_MS = 1_800;

export function drawSchedule(seed: number, profile: Profile = EVERYTHING): Schedule {
  const random = new Random(seed, 'schedule');
  const settings = drawSettings(random);
  return {
    seed,
    scenario: random.pick(profile.scenarios),
    settings,
    faults: drawFaults(random, profile.faults, { instances: settings.numInstances, untilMs: FAULTS_MS }),
  };
}

function drawSettings(random: Random): Settings {
  return {
    numInstances: random.whole(1, 3),
    numPartitions: random.whole(1, 3),
    numRecords: random.whole(15, 50),
    durableStores: random.chance(0.8),
    commitIntervalMs: random.pick([20, 50, 100]),
    maxCachedBytes: random.pick([1, 1_000, 1_000_000]),
    maxPendingBytes: random.pick([500, 1_000_000]),
    slowShare: random.pick([0, 0.03, 0.15]),
    markerDelayMs: random.pick([1, 30, 150]),
  };
}
