/** Before the first tasks of an assignment run here: does the state belong to this version of the topology (ADR 8)? */
import { LogError } from '../ports/log.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import { backoffMs } from './task-backoff.ts';

export type Claim = (assignment: AbortSignal) => Promise<void>;
type Environment = Pick<TaskEnvironment, 'applicationId' | 'clock' | 'logger'>;

/** Tries again and again while the log is away: tasks that ran meanwhile might be another version's. Not waited for beyond the
 *  assignment: the next one asks anew. Gives whether the tasks may run. @throws what says that they may not */
export async function claimTopology(
  claim: Claim,
  environment: Environment,
  assignment: AbortSignal,
): Promise<boolean> {
  const { promise: calledOff, resolve: callOff } = Promise.withResolvers<boolean>();
  assignment.addEventListener('abort', () => callOff(false), { once: true });
  if (assignment.aborted) callOff(false);
  return Promise.race([calledOff, claimUntilAnswered(claim, environment, assignment)]);
}

async function claimUntilAnswered(
  claim: Claim,
  environment: Environment,
  assignment: AbortSignal,
): Promise<boolean> {
  for (let failures = 0; !assignment.aborted; failures++) {
    try {
      await claim(assignment);
      return true;
    } catch (error) {
      if (assignment.aborted) return false;
      if (!(error instanceof LogError && error.failure.kind === 'unavailable')) throw error;
      await waitAfter(error, failures, environment, assignment);
    }
  }
  return false;
}

async function waitAfter(
  { message }: LogError,
  failures: number,
  { applicationId, clock, logger }: Environment,
  assignment: AbortSignal,
): Promise<void> {
  const delayMs = backoffMs(`${applicationId}-topology`, failures);
  const again = `Again in ${(delayMs / 1_000).toFixed(1)} s.`;
  logger.log(
    'warn',
    `Cannot tell yet whether the state is that of this topology, so no task runs: ${message} ${again}`,
  );
  await clock.delay(delayMs, assignment);
}
