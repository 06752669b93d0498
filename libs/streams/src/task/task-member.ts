import { LogError, type GroupMember } from '../ports/log.ts';

export type TaskMember = Pick<GroupMember, 'membership' | 'commit'>;

/** The group's member, for one task. A commit carries the generation of now (KIP-447): what a task had begun before it was closed
 *  must not go on under a generation in which the task is perhaps another member's. @throws LogError `fenced` once it is closed */
export function memberUntil(closed: AbortSignal, member: TaskMember): TaskMember {
  const requireOpen = (): void => {
    if (!closed.aborted) return;
    throw new LogError(
      { kind: 'fenced' },
      'Cannot commit for a task that was closed: it may be elsewhere now.',
    );
  };
  return {
    membership: () => {
      requireOpen();
      return member.membership();
    },
    commit: async (offsets) => {
      requireOpen();
      await member.commit(offsets);
    },
  };
}
