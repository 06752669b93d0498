/** How a task's work becomes visible: one implementation for each processing guarantee.
 *  The steps have the same numbers in code, docs/ARCHITECTURE.md and tests:
 *   1 send output and dead letters · 2 send the changelog of pending writes · 3 send offsets
 *   4 end the transaction · 5 apply the writes to the stores */
import type { Membership } from '../ports/log.ts';
import type { SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export interface CommitProtocol {
  /** Takes ownership, before committed offsets are read. */
  open(): Promise<void>;
  /** Resolves when all is visible. After a rejection the task must be opened anew: what is committed only the log knows.
   *  @throws LogError, TaskCorruptedError */
  commit(work: SealedWork, stores: StoreFlusher): Promise<void>;
  /** Ends what is open, without committing. */
  close(): Promise<void>;
}

/** The membership of now: a commit carries the group's current generation. */
export type CurrentMembership = () => Membership;
