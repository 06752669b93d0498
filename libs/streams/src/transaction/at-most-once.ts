/** Offsets first: a task processes only what is committed already (`commitAhead`), so a crash loses, and never repeats. */
import type { CommittedOffset, GroupMember, LogWriter } from '../ports/log.ts';
import type { CommitProtocol } from './commit-protocol.ts';
import { sendAndFlush } from './send-and-flush.ts';
import type { SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export class AtMostOnce implements CommitProtocol {
  readonly #writer: LogWriter;
  readonly #member: Pick<GroupMember, 'commit'>;

  constructor(writer: LogWriter, member: Pick<GroupMember, 'commit'>) {
    this.#writer = writer;
    this.#member = member;
  }

  async open(): Promise<void> {}

  /** 3, before the records up to these offsets are processed. */
  async commitAhead(offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#member.commit(offsets);
  }

  async commit(work: SealedWork, stores: StoreFlusher): Promise<void> {
    await sendAndFlush(this.#writer, work, stores); // 1, 2, 5
  }

  /** What is still on its way must not land behind the records of a new owner. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}
