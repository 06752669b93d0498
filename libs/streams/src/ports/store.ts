/** The store: a fenced materialization of one changelog partition. Bytes only; serdes and caching belong to the engine.
 *  P1 Nothing uncommitted is ever written here: `flush` follows the commit of the log.
 *  P2 Data and checkpoint change in one atomic step, or not at all.
 *  P3 A flush of an older epoch, or one that does not continue the stored changelog offset, changes nothing and says so.
 *  P4 There is no put: writes gather in the engine's write-back cache and arrive as one flush.
 *  P5 Entries lie in segments: a key-value store has the one segment `null`, a window store one per window start (ms),
 *     so that a closed window goes in one step, by stream time, never by a TTL. What is found by more than its key lies in a window
 *     store too, with buckets for windows (ADR 9): so a segment is also what is read whole. */
import { StreamsError } from '../errors/streams.error.ts';
import type { Bytes } from '../record/record.ts';

export type StoreKind = 'keyValue' | 'window';
export interface StoreSpec {
  readonly name: string;
  readonly kind: StoreKind;
}
export interface StorePartitionId {
  readonly applicationId: string;
  readonly store: string;
  readonly partition: number;
}

/** null for a key-value store, the window start in epoch ms for a window store. */
export type SegmentId = number | null;

export interface StoreEntry {
  readonly key: Bytes;
  readonly value: Bytes;
}

/** The entries of one segment, packed as `keyLength u32 BE | key | valueLength u32 BE (0xffffffff: delete, no bytes) | value`. */
export interface SegmentWrites {
  readonly segment: SegmentId;
  readonly count: number;
  readonly packed: Bytes;
}

export interface StoreFlush {
  readonly writes: readonly SegmentWrites[];
  /** Windows that start before this are removed whole; null: none. */
  readonly expireBeforeMs: number | null;
  /** Must be the stored changelog offset (0 for an empty store). */
  readonly fromOffset: number;
  /** The next changelog offset to apply after this flush. */
  readonly toOffset: number;
}
/** applied; alreadyApplied: `toOffset` is stored already; fenced: a newer epoch owns the partition;
 *  gap: the stored offset is another one (the store lost or never saw something): replay the changelog from it. */
export type FlushResult = 'applied' | 'alreadyApplied' | 'fenced' | 'gap';

/** Reads what is committed. Answers keep the order of the question; a missing value is null. */
export interface StoreReader {
  getMany(segment: SegmentId, keys: readonly Bytes[]): Promise<ReadonlyArray<Bytes | null>>;
  /** Window starts that have entries, ascending. Key-value stores: []. */
  segments(): Promise<readonly number[]>;
  /** All entries of a segment, in no order, in bounded pieces. */
  scan(segment: SegmentId): AsyncIterable<readonly StoreEntry[]>;
  /** The next changelog offset to apply, as stored now: what is read after this has all that is below it. null: nothing was ever
   *  applied, or it was cleared. */
  position(): Promise<number | null>;
  /** Of all segments, without going through them; for metrics. Left out by stores that do not know. */
  countEntries?(): Promise<number>;
}

export interface StorePartition extends StoreReader {
  /** The changelog offset to go on from, as stored when the partition was opened; null: empty, replay the whole changelog. */
  readonly changelogOffset: number | null;
  /** One atomic step. Resolves with what happened; rejects only when that cannot be known (then flush again). */
  flush(flush: StoreFlush): Promise<FlushResult>;
  /** Removes data and checkpoint (not the epoch): before a full rebuild. 'fenced' if a newer epoch owns the partition. */
  clear(): Promise<'applied' | 'fenced'>;
  close(): Promise<void>;
}

export interface StorePort {
  readonly name: string;
  /** False for a store that is gone with the process: then nothing is kept of it between owners. */
  readonly durable: boolean;
  /** Refuses an unsafe server (eviction on). Retries until the signal aborts, with one clear line per failed try. */
  connect(signal?: AbortSignal): Promise<void>;
  /** Takes the partition: bumps its epoch, so that any older owner is fenced from here on. */
  open(id: StorePartitionId, spec: StoreSpec): Promise<StorePartition>;
  /** For queries from anywhere: takes nothing, fences nobody. */
  reader(id: StorePartitionId, spec: StoreSpec): StoreReader;
  /** Removes everything of a partition that has no owner, as if it had never been opened: for the reset of an application. Left out
   *  by stores that are gone with the process. */
  remove?(id: StorePartitionId): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

/** A store that cannot be used as it is: evicting server, wrong credentials, unreachable beyond the deadline. */
export class StoreError extends StreamsError {
  readonly code = 'HFS_STORE';
  /** True when the same call may succeed later as it is (the server is away, or full); false when somebody must mend something first. */
  readonly retryable: boolean;

  constructor(message: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options);
    this.retryable = options.retryable ?? false;
  }
}
