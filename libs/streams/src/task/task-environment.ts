/** What a task needs from the application around it: settled once, the same for all its tasks. */
import type { GroupMember, LogPort, PartitionOffset } from '../ports/log.ts';
import type { Clock, Logger, Telemetry, Tracing } from '../ports/runtime.ts';
import type { StorePort } from '../ports/store.ts';
import type { GlobalRows } from '../state/global-rows.ts';
import type { RestoreTurns } from '../state/restore/restore-turns.ts';
import type { FailureHandlers } from '../runtime/failure.ts';
import type { Pacing } from '../runtime/pacing.ts';
import type { ProcessingGuarantee } from '../runtime/streams-config.ts';

export interface TopicLimits {
  readonly numPartitions: number;
  readonly maxRecordBytes: number;
  /** Tasks of the application that write it. */
  readonly numWriters: number;
}

export interface TaskEnvironment {
  readonly applicationId: string;
  readonly guarantee: ProcessingGuarantee;
  readonly log: LogPort;
  readonly stores: StorePort;
  readonly restores: RestoreTurns;
  readonly member: Pick<GroupMember, 'membership' | 'commit'>;
  readonly handlers: FailureHandlers;
  readonly deadLetterTopic: string;
  readonly clock: Clock;
  readonly pacing: Pacing;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly tracing?: Tracing;
  readonly commitIntervalMs: number;
  readonly transactionTimeoutMs: number;
  readonly maxPendingBytes: number;
  readonly maxCachedBytes: number;
  readonly maxBatchBytes: number;
  readonly maxTaskIdleMs: number;
  /** A position is gone from the log (retention was faster): says so loudly, or throws, as configured. */
  overtaken(at: PartitionOffset, startOffset: number): void;
  /** The records from this position to `nextOffset` cannot be read: says so loudly, or throws `error`, as configured. */
  damaged(at: PartitionOffset, nextOffset: number, error: Error): void;
  globalRows(name: string): GlobalRows;
  /** What a pattern of a source matches now, by its text. */
  matchedTopics(pattern: string): readonly string[];
  /** Of a source topic, as this instance knows it; Infinity: it was not asked for. */
  numPartitions(topic: string): number;
  /** Of every topic that the topology writes. */
  limits(topic: string): TopicLimits;
}
