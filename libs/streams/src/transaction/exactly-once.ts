/** Output, changelog and offsets in one transaction, then the stores (D29). One transactional id per task: opening it fences
 *  every older owner of the task at once. */
import { LogError, type EndOffsets, type TransactionalWriter, type Transaction } from '../ports/log.ts';
import type { CommitProtocol, CurrentMembership } from './commit-protocol.ts';
import { changelogOf, type SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export class ExactlyOnce implements CommitProtocol {
  readonly #writer: TransactionalWriter;
  readonly #membership: CurrentMembership;

  constructor(writer: TransactionalWriter, membership: CurrentMembership) {
    this.#writer = writer;
    this.#membership = membership;
  }

  async open(): Promise<void> {
    await this.#writer.open();
  }

  async commit(work: SealedWork, stores: StoreFlusher): Promise<void> {
    const ends = await this.#transact(work, stores);
    await stores.flush(work.stores, ends); // 5
  }

  async #transact(work: SealedWork, stores: StoreFlusher): Promise<EndOffsets> {
    const transaction = this.#writer.begin();
    let ends: EndOffsets;
    try {
      const output = transaction.send(work.output); // 1
      const changelogEnds = transaction.send(changelogOf(work)); // 2
      [, ends] = await Promise.all([output, changelogEnds, stores.check(work.reads)]);
      if (work.offsets.length > 0) await transaction.addOffsets(this.#membership(), work.offsets); // 3
    } catch (error) {
      await abortQuietly(transaction);
      throw error;
    }
    const outcome = await transaction.commit(); // 4
    if (outcome === 'committed') return ends;
    throw new LogError(
      { kind: 'abortable' },
      `Cannot tell that the transaction was committed (${outcome}): the task is opened again and trusts the log.`,
    );
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}

/** The failure that led here is what counts; a transaction that cannot be aborted now is ended by the next `open`. */
async function abortQuietly(transaction: Transaction): Promise<void> {
  try {
    await transaction.abort();
  } catch {
    // see above
  }
}
