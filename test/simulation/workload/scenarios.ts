/** The applications that are put to the test. */
import * as counting from './counting.ts';
import * as relay from './relay.ts';
import * as repartitioned from './repartitioned-windows.ts';
import type { Scenario } from './scenario.ts';
import * as tables from './tables.ts';
import * as windowsAtMostOnce from './windows-at-most-once.ts';

export const SCENARIOS = {
  ...counting,
  ...relay,
  ...windowsAtMostOnce,
  ...tables,
  ...repartitioned,
} satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;

/** Those that keep state, exactly once. */
export const COUNTING = Object.keys(counting) as readonly ScenarioName[];
