/** Work that is begun anew, again and again, while the log is away, or what a serde needs. */
import { LogError } from '../ports/log.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import { backoffMs } from '../time/backoff.ts';

export interface OutageOptions {
  readonly applicationId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** Gives what the work gave, or null when it was called off. `cannotYet` begins the line in the log: "Cannot ... yet".
 *  @throws what is no outage */
export async function despiteOutages<T>(
  cannotYet: string,
  work: () => Promise<T>,
  { applicationId, clock, logger, signal }: OutageOptions,
): Promise<T | null> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return null;
      if (!isOutage(error)) throw error;
      const delayMs = backoffMs(`${applicationId}-topology`, failures);
      logger.log('warn', `${cannotYet}: ${error.message} Again in ${(delayMs / 1_000).toFixed(1)} s.`);
      await clock.delay(delayMs, signal);
    }
  }
  return null;
}

function isOutage(error: unknown): error is Error {
  if (error instanceof LogError) return error.failure.kind === 'unavailable';
  return error instanceof SerdeNotReadyError;
}
