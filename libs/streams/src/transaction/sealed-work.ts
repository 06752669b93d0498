import type { CommittedOffset, OutputBatch } from '../ports/log.ts';
import type { SealedState } from '../state/state-store.ts';

/** Everything one commit makes visible together, encoded: what the task does meanwhile belongs to the next. */
export interface SealedWork {
  readonly output: readonly OutputBatch[];
  readonly stores: readonly SealedStore[];
  /** Stores that were read for it. */
  readonly reads: readonly string[];
  readonly offsets: readonly CommittedOffset[];
}

export interface SealedStore {
  readonly store: string;
  /** Empty for a store without a changelog. */
  readonly changelog: readonly OutputBatch[];
  readonly state: SealedState;
}

export function changelogOf({ stores }: SealedWork): OutputBatch[] {
  return stores.flatMap(({ changelog }) => changelog);
}

/** What was read need not be looked at when nothing came of it yet. */
export function isEmpty(work: Omit<SealedWork, 'reads'>): boolean {
  return work.output.length === 0 && work.stores.length === 0 && work.offsets.length === 0;
}
