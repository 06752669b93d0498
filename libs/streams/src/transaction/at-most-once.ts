/** Nothing comes twice: whatever could give a result again is over before the result leaves. So the steps have the reverse order of
 *  at least once, and a crash between two of them loses:
 *   3 offsets, before the records up to there are processed (`commitAhead`), with the times of the work that was done
 *   2 the changelog
 *   5 the stores, which refuse an older owner
 *   3 the times of this work (watermark, punctuations), which the group refuses from an older generation
 *   1 output and dead letters */
import type { CommittedOffset, GroupMember, LogWriter, PartitionOffset } from '../ports/log.ts';
import { partitionKey } from '../ports/topic-partition.ts';
import type { CommitProtocol } from './commit-protocol.ts';
import { changelogOf, type SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export class AtMostOnce implements CommitProtocol {
  readonly #writer: LogWriter;
  readonly #member: Pick<GroupMember, 'commit'>;
  /** By partition: what stands committed, with the times of the last work whose results have left. Were those of records that are
   *  under way committed, a crash would lose the windows that they close. */
  readonly #committed = new Map<string, CommittedOffset>();
  /** One after the other: an older one must not land behind a newer one, nor anything behind one that failed. */
  #committing: Promise<void> = Promise.resolve();

  constructor(writer: LogWriter, member: Pick<GroupMember, 'commit'>) {
    this.#writer = writer;
    this.#member = member;
  }

  async open(): Promise<void> {}

  /** Where this task goes on, with the times that stay until there are newer ones. */
  goOn(committed: CommittedOffset): void {
    this.#committed.set(partitionKey(committed), committed);
  }

  /** 3, before the records up to these offsets are processed. */
  commitAhead(ahead: readonly PartitionOffset[]): Promise<void> {
    return this.#commitNext(() =>
      ahead.map((next) => ({ ...this.#committed.get(partitionKey(next)), ...next })),
    );
  }

  async commit(work: SealedWork, stores: StoreFlusher): Promise<void> {
    await stores.check(work.reads);
    const ends = await this.#writer.send(changelogOf(work)); // 2
    await stores.flush(work.stores, ends); // 5
    await this.#commitTimes(work.offsets); // 3
    await this.#writer.send(work.output); // 1
  }

  async #commitTimes(done: readonly CommittedOffset[]): Promise<void> {
    if (done.length === 0) return;
    await this.#commitNext(() =>
      done.map((next) => {
        const ahead = this.#committed.get(partitionKey(next))?.offset ?? next.offset;
        return { ...next, offset: Math.max(ahead, next.offset) };
      }),
    );
  }

  #commitNext(toCommit: () => readonly CommittedOffset[]): Promise<void> {
    this.#committing = this.#committing.then(async () => {
      const offsets = toCommit();
      await this.#member.commit(offsets);
      for (const offset of offsets) this.goOn(offset);
    });
    return this.#committing;
  }

  /** What is still on its way must not land behind the records of a new owner. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}
