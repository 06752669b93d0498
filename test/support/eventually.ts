import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Time between two looks. @defaultValue 50 */
  readonly everyMs?: number;
}

/** Looks again and again until there is something other than undefined or false, and returns it.
 *  @throws Error that names `what` when the time is over; a look that throws ends the wait at once */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = 30_000, everyMs = 50 }: EventuallyOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadlineMs) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
