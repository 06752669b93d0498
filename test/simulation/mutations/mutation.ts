/** The steps of the protocols, each of which can be left out: in the simulated cluster and stores, or between them and the
 *  engine. The engine itself is always the real one. */
export type Mutation =
  /** Opening the transactional id comes with the first write, after offsets and changelog were read. */
  | 'fence before offsets'
  /** Committed offsets are read without waiting for those of transactions that are decided but not written. */
  | 'stable offsets'
  /** The changelog is replayed to its last stable offset. */
  | 'restore to the uncommitted end'
  /** Offsets are committed at once, beside the transaction. */
  | 'offsets in the transaction'
  /** The store is written before the transaction is committed. */
  | 'flush after commit'
  /** A failed transaction is aborted, but the task goes on with what it has in memory. */
  | 'abort discards memory'
  /** A commit without an answer is taken for a commit. */
  | 'unknown is not committed'
  /** Input and changelog are read read_uncommitted. */
  | 'read committed'
  /** The group takes offsets of any generation. */
  | 'generation check'
  /** What was read of a store is committed although the store may have lost writes. */
  | 'check of what was read'
  /** The store takes a flush wherever it stands. */
  | 'compare-and-set'
  /** The store takes flushes of older owners. */
  | 'epoch';

/** The steps that a run goes without; nearly always none. */
export type Without = readonly Mutation[];
