/** Output and changelog acknowledged, then the stores, then the offsets: a crash in between repeats, nothing is lost. */
import type { GroupMember, LogWriter } from '../ports/log.ts';
import type { CommitProtocol } from './commit-protocol.ts';
import { sendAndFlush } from './send-and-flush.ts';
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
    await sendAndFlush(this.#writer, work, stores); // 1, 2, 5
    if (work.offsets.length > 0) await this.#member.commit(work.offsets); // 3
  }

  /** What is still on its way must not land behind the records of a new owner. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}
