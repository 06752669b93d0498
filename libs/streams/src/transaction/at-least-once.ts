/** Output and changelog acknowledged, then the stores, then the offsets: a crash in between repeats, nothing is lost. */
import type { GroupMember, LogWriter } from '../ports/log.ts';
import type { CommitProtocol } from './commit-protocol.ts';
import { changelogOf, type SealedWork } from './sealed-work.ts';
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
    await stores.check(work.reads);
    const output = this.#writer.send(work.output); // 1
    const [, ends] = await Promise.all([output, this.#writer.send(changelogOf(work))]); // 2
    await stores.flush(work.stores, ends); // 5
    if (work.offsets.length > 0) await this.#member.commit(work.offsets); // 3
  }

  /** What is still on its way must not land behind the records of a new owner. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}
