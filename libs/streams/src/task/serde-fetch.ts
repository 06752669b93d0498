/** A task waits here for what a serde must fetch before the next record can be read.
 *  F1 No record is under way meanwhile: what was processed is committed, and the task may be suspended or given away.
 *  F2 While it cannot be fetched, the record waits. It is as good as before, so no handler is asked. */
import type { Clock, Logger } from '../ports/runtime.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import { backoffMs } from '../time/backoff.ts';

export interface SerdeFetchOptions {
  readonly taskName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The task is closed: nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Tries until it is there, or the signal aborts. @throws what waiting cannot mend */
export async function fetchForSerde(
  missing: SerdeNotReadyError,
  { taskName, clock, logger, signal }: SerdeFetchOptions,
): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await missing.fetch();
    } catch (error) {
      if (!(error instanceof SerdeNotReadyError)) throw error;
      const delayMs = backoffMs(taskName, failures);
      const again = `Again in ${(delayMs / 1_000).toFixed(1)} s (try ${failures + 1}).`;
      logger.log('warn', `Task ${taskName} waits: ${error.message} ${again}`, { taskId: taskName });
      await clock.delay(delayMs, signal);
    }
  }
}
