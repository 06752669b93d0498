import type { RestoreProgress, StreamsState, ThreadStatus } from '@hiveframe/streams';
import type { SourceStatus } from '@hiveframe/streams-connect';

/** Where an application stands; `error` is why it failed. */
export interface StreamsStatus {
  readonly state: StreamsState;
  readonly sinceMs: number;
  readonly error?: Error;
}

/** What probes ask of an application. */
export interface ObservedApplication {
  readonly status: StreamsStatus;
  /** The store partitions that are being brought up to date with their changelogs now. */
  readonly restoring: readonly RestoreProgress[];
  /** Where each stream thread stands; undefined where there are none. */
  readonly threads?: readonly ThreadStatus[] | undefined;
  /** Where each of its sources stands; undefined where there are none. */
  readonly sources?: readonly SourceStatus[] | undefined;
}
