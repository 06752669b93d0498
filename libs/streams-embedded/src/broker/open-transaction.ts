import type { ProducerIdentity } from '@hiveframe/streams';
import type { StoredOffset } from '../storage/offset-table.ts';
import type { Partition } from './partition.ts';

/** What a transaction has written so far, and how it ended. The records are in the database already, hidden by the last stable
 *  offset of their partitions; the offsets wait here for the commit. */
export class OpenTransaction {
  readonly transactionalId: string;
  readonly identity: ProducerIdentity;
  readonly timeoutMs: number;
  readonly partitions = new Set<Partition>();
  readonly offsets = new Map<string, Map<Partition, StoredOffset>>();
  #end: 'committed' | 'aborted' | null = null;
  #why = '';

  constructor(transactionalId: string, identity: ProducerIdentity, timeoutMs: number) {
    this.transactionalId = transactionalId;
    this.identity = identity;
    this.timeoutMs = timeoutMs;
  }

  /** Null while it is open. */
  get ended(): 'committed' | 'aborted' | null {
    return this.#end;
  }
  /** Why it was aborted by somebody else than its owner. */
  get why(): string {
    return this.#why;
  }
  end(outcome: 'committed' | 'aborted', why = ''): void {
    this.#end = outcome;
    this.#why = why;
    for (const partition of this.partitions) partition.ended(this);
  }

  addOffset(groupId: string, partition: Partition, offset: StoredOffset): void {
    let offsets = this.offsets.get(groupId);
    if (offsets === undefined) this.offsets.set(groupId, (offsets = new Map()));
    offsets.set(partition, offset);
  }
  hasOffsets(groupId: string, partitions: readonly Partition[]): boolean {
    const offsets = this.offsets.get(groupId);
    return offsets !== undefined && partitions.some((partition) => offsets.has(partition));
  }
}
