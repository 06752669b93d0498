/** Before the first tasks of an assignment run here: does the state belong to this version of the topology (ADR 8)? */
import type { TaskEnvironment } from '../task/task-environment.ts';
import { despiteOutages } from './despite-outages.ts';

export type Claim = (assignment: AbortSignal) => Promise<void>;
type Environment = Pick<TaskEnvironment, 'applicationId' | 'clock' | 'logger'>;

const CANNOT_YET = 'Cannot tell yet whether the state is that of this topology, so no task runs';

/** Tries again and again while the log is away: tasks that ran meanwhile might be another version's. Not waited for beyond the
 *  assignment: the next one asks anew. Gives whether the tasks may run. @throws what says that they may not */
export async function claimTopology(
  claim: Claim,
  environment: Environment,
  assignment: AbortSignal,
): Promise<boolean> {
  const claimed = despiteOutages(CANNOT_YET, async () => (await claim(assignment), true), {
    ...environment,
    signal: assignment,
  });
  return (await unlessAborted(claimed, assignment)) ?? false;
}

/** What the work gives, or null if the signal aborts before. Listens no longer than that: signals made of others are kept alive by
 *  their listeners, and all that those hold with them. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const onAbort = (): void => resolve(null);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
