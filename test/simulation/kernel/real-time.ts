/** Lets virtual time follow the clock on the wall: for suites that wait with real timers. */
import type { Fates } from './network.ts';
import type { VirtualTime } from './virtual-time.ts';

const TICK_MS = 1;

/** Gives back a function that stops it. */
export function followRealTime(time: VirtualTime): () => void {
  const startMs = performance.now() - time.nowMs;
  const timer = setInterval(() => {
    const nowMs = performance.now() - startMs;
    while ((time.nextMs ?? Infinity) <= nowMs) time.runNext();
    time.nowMs = nowMs;
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Every request arrives, every answer comes back, soon. */
export const faultless: Fates = {
  of: () => ({ outMs: 0.1, backMs: 0.1, lost: null, afterwards: null }),
};
