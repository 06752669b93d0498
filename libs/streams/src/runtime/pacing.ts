/** How the worker shares its thread with the rest of the process. A simulation brings its own, on virtual time. */
import { setImmediate as yieldToEvents, setTimeout as sleep } from 'node:timers/promises';

export interface Pacing {
  /** Milliseconds since some moment; only ever grows. */
  elapsedMs(): number;
  /** Lets the other events of the process happen. */
  breathe(): Promise<void>;
  /** Leaves the tasks alone for a while (W1). */
  pause(ms: number): Promise<void>;
}

export const processPacing: Pacing = {
  elapsedMs: () => performance.now(),
  breathe: () => yieldToEvents(),
  pause: (ms) => sleep(ms),
};
