import type {
  CommittedOffset,
  EndOffsets,
  GroupMember,
  Membership,
  OutputBatch,
  ProducerIdentity,
  Transaction,
  TransactionalWriter,
} from '@hiveframe/streams';
import type { Mutation, Without } from './mutation.ts';

const NOBODY: ProducerIdentity = { producerId: -1, epoch: -1 };

export class MutatedTransactionalWriter implements TransactionalWriter {
  readonly #writer: TransactionalWriter;
  readonly #without: Without;
  readonly #member: () => GroupMember;
  /** The end of the former transaction, where the engine does not wait for it. */
  #ending: Promise<unknown> = Promise.resolve();
  #opened: Promise<ProducerIdentity> | null = null;

  constructor(writer: TransactionalWriter, without: Without, member: () => GroupMember) {
    this.#writer = writer;
    this.#without = without;
    this.#member = member;
  }

  async open(): Promise<ProducerIdentity> {
    if (this.#without.includes('fence before offsets')) return NOBODY;
    return this.#writer.open();
  }

  begin(): Transaction {
    const mutated: Partial<Record<Mutation, () => Transaction>> = {
      'fence before offsets': () => new LateTransaction(() => this.#openLate()),
      'flush after commit': () => this.#endedLate(),
      'offsets in the transaction': () => besides(this.#writer.begin(), this.#member()),
      'abort discards memory': () => neverFailing(this.#writer.begin()),
      'unknown is not committed': () => optimistic(this.#writer.begin()),
    };
    const mutation = this.#without.find((one) => mutated[one] !== undefined);
    return mutation === undefined ? this.#writer.begin() : mutated[mutation]!();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #openLate(): Promise<Transaction> {
    this.#opened ??= this.#writer.open();
    await this.#opened;
    return this.#writer.begin();
  }

  /** The engine is told of the commit when it has not begun: it flushes meanwhile. */
  #endedLate(): Transaction {
    const former = this.#ending;
    const transaction = new LateTransaction(async () => {
      await former;
      return this.#writer.begin();
    });
    return {
      send: (batches) => transaction.send(batches),
      addOffsets: (member, offsets) => transaction.addOffsets(member, offsets),
      abort: () => transaction.abort(),
      commit: async () => {
        this.#ending = transaction.commit().catch(() => {}); // the next one hears of it
        return 'committed';
      },
    };
  }
}

/** Begins when it is used. */
class LateTransaction implements Transaction {
  readonly #begin: () => Promise<Transaction>;
  #transaction: Promise<Transaction> | null = null;

  constructor(begin: () => Promise<Transaction>) {
    this.#begin = begin;
  }
  #begun(): Promise<Transaction> {
    return (this.#transaction ??= this.#begin());
  }
  async send(batches: readonly OutputBatch[]): Promise<EndOffsets> {
    return (await this.#begun()).send(batches);
  }
  async addOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void> {
    return (await this.#begun()).addOffsets(member, offsets);
  }
  async commit() {
    return (await this.#begun()).commit();
  }
  async abort(): Promise<void> {
    return (await this.#begun()).abort();
  }
}

function besides(transaction: Transaction, group: GroupMember): Transaction {
  return {
    send: (batches) => transaction.send(batches),
    addOffsets: (_member, offsets) => group.commit(offsets),
    commit: () => transaction.commit(),
    abort: () => transaction.abort(),
  };
}

/** What fails is aborted; the engine is told that it was committed. */
function neverFailing(transaction: Transaction): Transaction {
  let failed = false;
  const fails = () => {
    failed = true;
  };
  return {
    send: (batches) => transaction.send(batches).catch(() => (fails(), [])),
    addOffsets: (member, offsets) => transaction.addOffsets(member, offsets).catch(fails),
    abort: () => transaction.abort(),
    commit: async () => {
      if (failed) await transaction.abort().catch(() => {});
      else await transaction.commit().catch(() => {});
      return 'committed';
    },
  };
}

function optimistic(transaction: Transaction): Transaction {
  return {
    send: (batches) => transaction.send(batches),
    addOffsets: (member, offsets) => transaction.addOffsets(member, offsets),
    abort: () => transaction.abort(),
    commit: async () => {
      const outcome = await transaction.commit();
      return outcome === 'unknown' ? 'committed' : outcome;
    },
  };
}
