/** The log: what the engine asks of Kafka, or of the embedded log.
 *  L1 Everything is per batch; nothing here is called per record.
 *  L2 The unit is Kafka's record batch (v2, magic 2): the engine reads and writes its bytes itself (`record-batch/`),
 *     adapters only move it. So a record is decoded once and encoded once, on every log.
 *  L3 Offsets are numbers (exact to 2^53): a bigint per record is an allocation per record.
 *  L4 A transaction is a value. Nothing can be sent before it exists, and commit or abort consumes it.
 *  L5 What the engine must do next is a `kind` it can switch over (`LogError.failure`), not a class or a text. */
import { StreamsError } from '../errors/streams.error.ts';
import type { Bytes } from '../record/record.ts';
import type { EncodedRecords } from '../record-batch/record-batch-writer.ts';
import type { RecordBatch } from '../record-batch/record-batch.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}
/** A position to commit; `metadata` is kept beside it (stream time of the task: see `transaction/`). */
export interface CommittedOffset extends PartitionOffset {
  readonly metadata?: string;
}

/** What a poll brought for one partition: visible records only (no control, no aborted ones under read_committed). */
export interface FetchedRecords extends TopicPartition {
  /** Uncompressed batches in offset order. A batch may begin before the position asked for: see `fromOffset`. */
  readonly batches: readonly RecordBatch[];
  /** Records before this offset are to be skipped. */
  readonly fromOffset: number;
  /** Where to go on: beyond control, aborted and compacted records. May move although there are no batches. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  /** The end of what a read_committed reader may see now. */
  readonly lastStableOffset: number;
  readonly sizeBytes: number;
}

/** Reads without a group: tasks, restore, tools. Partitions never wait for each other. Reads ahead within bounds. */
export interface LogReader {
  /** Starts reading at `fromOffset`; if it is assigned already, moves there and forgets what was read ahead. */
  assign(at: TopicPartition, fromOffset: number): void;
  unassign(at: TopicPartition): void;
  /** Keeps position and what is already read; costs no request. */
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
  /** What is there, or [] after maxWaitMs. One call at a time. Never brings a partition unassigned or paused meanwhile.
   *  @throws LogError `offsetOutOfRange`, `damaged`, `unknownTopic` (each once per assign), `unauthorized`. Leader moves and lost connections are retried inside.
   *  `unavailable` once the reader or its log is closed, so that who polls until something comes does so no longer. */
  poll(options: { readonly maxWaitMs: number }): Promise<readonly FetchedRecords[]>;
  /** How long ago the partition is known to have held nothing beyond what `poll` has brought, not even uncommitted. Kafka: when the last
   *  fetch was sent that was answered so (an answer may have been on its way for long); compare `lastCaughtUpTimeMs`. It grows while
   *  the leader is away. 0: it can be told at once. Infinity: not since `assign`, or there is something. */
  sinceCaughtUpMs(at: TopicPartition): number;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly isolation: 'read_committed' | 'read_uncommitted';
  /** Read ahead at most about so much over all partitions. @defaultValue 32 MiB */
  readonly maxBufferedBytes?: number;
}

/** Records for one partition, encoded by the engine; the adapter fills in producer id, epoch and sequence. */
export interface OutputBatch extends TopicPartition {
  readonly records: EncodedRecords;
}
/** The offset after the last record, per partition written. */
export type EndOffsets = readonly PartitionOffset[];

/** At least once, at most once: idempotent, acknowledged by all in-sync replicas. */
export interface LogWriter {
  /** Keeps the order per partition, also between calls that overlap. Resolves when everything is acknowledged.
   *  @throws LogError `recordTooLarge`, `recordRefused`, `unknownTopic`, `unauthorized`, `unavailable` */
  send(batches: readonly OutputBatch[]): Promise<EndOffsets>;
  close(): Promise<void>;
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

/** One per task. `open` fences every older owner of the id and ends its open transaction; only then may committed offsets be read. */
export interface TransactionalWriter {
  open(): Promise<ProducerIdentity>;
  /** One transaction at a time: begin after the former one has ended. */
  begin(): Transaction;
  close(): Promise<void>;
}

/** @throws LogError `fenced` from every method when a newer owner exists, `abortable` when it must be aborted. */
export interface Transaction {
  /** May be called several times, overlapping; order per partition is the order of the calls. */
  send(batches: readonly OutputBatch[]): Promise<EndOffsets>;
  addOffsets(member: Membership, offsets: readonly CommittedOffset[]): Promise<void>;
  /** `unknown`: the answer was lost. `open()` again, then trust the committed offsets and the changelog. */
  commit(): Promise<'committed' | 'aborted' | 'unknown'>;
  abort(): Promise<void>;
}

export interface Membership {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}
export interface MemberInfo {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly data: Bytes;
}
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly data?: Bytes;
}
export interface GroupMemberOptions {
  readonly groupId: string;
  /** Looked at anew for each join: they may change between two. */
  readonly topics: readonly string[];
  readonly instanceId?: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Name of the assignor; all members agree. */
  readonly protocol: string;
}

/** The engine's side of membership. Every call is awaited, and heartbeats go on meanwhile. */
export interface GroupListener {
  /** Sent with every join; the leader's `assign` sees it. */
  memberData(): Bytes;
  /** Leader only; pure. */
  assign(
    members: readonly MemberInfo[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, MemberAssignment>;
  /** Before this member joins again. May still commit; over by the deadline (epoch ms). */
  onRevoked(deadlineMs: number): Promise<void>;
  /** Ends when the tasks run. The signal aborts when the group has moved on meanwhile. */
  onAssigned(partitions: readonly TopicPartition[], data: Bytes | null, signal: AbortSignal): Promise<void>;
  /** Nothing can be committed any more. The member joins again by itself. */
  onLost(error: LogError): Promise<void>;
  /** The group cannot go on by itself (not authorized, fenced instance id). */
  onFailed(error: LogError): void;
}
export interface GroupMember {
  /** Resolves when the first assignment was taken (`onAssigned` ended). Coordinator not to be found: retried inside. */
  join(): Promise<void>;
  /** Fresh at every call: a commit carries the generation of now. @throws LogError `fenced` when there is none */
  membership(): Membership;
  /** At-least-once commits, checked against the generation. @throws LogError `fenced`, `unavailable` */
  commit(offsets: readonly CommittedOffset[]): Promise<void>;
  /** Gives up the membership as if it had been lost and joins anew. */
  rejoin(): void;
  /** Leaves the group at once, so that others take over without waiting for the session timeout. Calls no listener. */
  leave(timeoutMs: number): Promise<void>;
}

export type OffsetAt = 'start' | 'end' | 'lastStable' | { readonly timestampMs: number };
export interface TopicDescription {
  readonly numPartitions: number;
  readonly config: Readonly<Record<string, string>>;
}
export interface NewTopic {
  readonly topic: string;
  readonly numPartitions: number;
  /** @defaultValue the broker's */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}
export interface LogAdmin {
  /** Names of all topics that this principal may describe, internal ones too. */
  list(): Promise<readonly string[]>;
  /** Absent topics are absent from the answer; never creates. */
  describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  /** A topic that exists already is left as it is. Usable when this ends. */
  create(topics: readonly NewTopic[]): Promise<void>;
  offsets(partitions: readonly TopicPartition[], at: OffsetAt): Promise<readonly PartitionOffset[]>;
  /** Stable: waits out pending transactional offsets. Partitions without one are absent. */
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]>;
  /** Removes records before each offset (purge of repartition topics). */
  deleteRecords(upTo: readonly PartitionOffset[]): Promise<void>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** Who belongs to the group now, one text for each; [] for a group that does not exist. */
  members(groupId: string): Promise<readonly string[]>;
  /** Where the group goes on when it is started again; what was kept beside its offsets is forgotten.
   *  @throws LogError `fenced` while the group has members */
  resetOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void>;
}

export interface LogPort {
  readonly name: string;
  /** True for a log that lives in the thread that made it: another thread would make another log. Then an application runs in one
   *  thread only. @defaultValue false */
  readonly isThreadLocal?: boolean;
  readonly admin: LogAdmin;
  /** Resolves when the log answers. Retries inside until the signal aborts, with one clear line per failed try to the logger. */
  connect(signal?: AbortSignal): Promise<void>;
  reader(options: ReaderOptions): LogReader;
  writer(): LogWriter;
  transactionalWriter(options: {
    readonly transactionalId: string;
    readonly transactionTimeoutMs: number;
  }): TransactionalWriter;
  group(options: GroupMemberOptions, listener: GroupListener): GroupMember;
  close(timeoutMs: number): Promise<void>;
}

/** fenced: a newer owner exists, drop the task. abortable: abort and redo. offsetOutOfRange: the log begins at `startOffset` now.
 *  recordTooLarge: one record exceeds the topic's limit. recordRefused: the topic takes no such record, for another reason.
 *  damaged: bytes at `offset` cannot be read; reading can go on at `nextOffset`, null when nobody can tell where.
 *  unauthorized: the message names what is needed. unusable: no retry mends it (settings, a version, a damaged or foreign file).
 *  unavailable: beyond the adapter's own retries; later it may be there again. */
export type LogFailure =
  | { readonly kind: 'fenced' }
  | { readonly kind: 'abortable' }
  | {
      readonly kind: 'offsetOutOfRange';
      readonly at: TopicPartition;
      readonly startOffset: number;
      readonly endOffset: number;
    }
  | { readonly kind: 'recordTooLarge'; readonly at: TopicPartition }
  | { readonly kind: 'recordRefused'; readonly at: TopicPartition }
  | {
      readonly kind: 'damaged';
      readonly at: TopicPartition;
      readonly offset: number;
      readonly nextOffset: number | null;
    }
  | { readonly kind: 'unknownTopic'; readonly topic: string }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'unusable' }
  | { readonly kind: 'unavailable' };

/** Any failure of a log, with what the engine must do about it. */
export class LogError extends StreamsError {
  readonly code = 'HFS_LOG';
  readonly failure: LogFailure;
  constructor(failure: LogFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
