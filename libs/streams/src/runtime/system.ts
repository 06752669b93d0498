/** The process' own clock, and ports that do nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger, Telemetry } from '../ports/runtime.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  delay: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
export const silentLogger: Logger = { log: () => {} };
export const noTelemetry: Telemetry = { count: () => {}, record: () => {} };
