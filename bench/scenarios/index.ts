import { finalWindows, manySensors, updates } from './reference.ts';
import type { Scenario } from './scenario.ts';
import { count, repartition, stateless } from './small.ts';

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [updates, finalWindows, manySensors, repartition, stateless, count].map((scenario) => [
    scenario.name,
    scenario,
  ]),
);
