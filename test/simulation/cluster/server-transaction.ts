import type { CommittedOffset } from '@hiveframe/streams';
import type { LogPartition } from './log-partition.ts';

/** How the owner names its transaction: identity, and a number that counts up. */
export interface TransactionToken {
  readonly transactionalId: string;
  readonly epoch: number;
  readonly number: number;
}

/** A transaction as its coordinator knows it. */
export class ServerTransaction {
  readonly token: TransactionToken;
  readonly startedMs: number;
  readonly partitions = new Set<LogPartition>();
  /** By group, by partition. */
  readonly offsets = new Map<string, Map<string, CommittedOffset>>();
  /** null: open. Decided once. */
  outcome: 'committed' | 'aborted' | null = null;

  constructor(token: TransactionToken, startedMs: number) {
    this.token = token;
    this.startedMs = startedMs;
  }
}
