/** Output and changelog acknowledged, then the stores, then the offsets: a crash in between repeats, nothing is lost. */
import type { GroupMember, LogWriter } from '../ports/log.ts';
import type { CommitProtocol } from './commit-protocol.ts';
import type { SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export class AtLeastOnce implements CommitProtocol {
  readonly #writer: LogWriter;
  readonly #member: Pick<GroupMember, 'commit'>;

  constructor(writer: LogWriter, member: Pick<GroupMember, 'commit'>) {
    this.#writer = writer;
    this.#member = member;
  }

  async open(): Promise<void> {}

  async commit(work: SealedWork, stores: StoreFlusher): Promise<void> {
    const changelog = work.stores.flatMap((store) => store.changelog);
    const [, ends] = await Promise.all([this.#writer.send(work.output), this.#writer.send(changelog)]); // 1, 2
    await stores.flush(work.stores, ends); // 5, before the offsets: the input can still be replayed
    if (work.offsets.length > 0) await this.#member.commit(work.offsets); // 3
  }

  /** What is still on its way must not land behind the records of a new owner. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}
