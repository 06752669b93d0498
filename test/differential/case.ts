/** A case: a topology, and what is written to its topics. The same is built and run on Kafka Streams, by
 *  bench/peer's differential.Cases. */

export type Topic = 'a' | 'b' | 'c';
export type InputRecord = readonly [
  topic: Topic,
  key: string | null,
  value: string | null,
  timestampMs: number,
];
export type OutputRecord = readonly [key: string | null, value: string | null, timestampMs: number];

export interface Case {
  readonly topology: TopologyCase;
  /** Output is read after each step; here a step is a commit. */
  readonly steps: readonly (readonly InputRecord[])[];
  readonly here: RunOptions;
}
/** What happens here only, and must not show. */
export interface RunOptions {
  /** After these steps, and goes on from what was committed. */
  readonly crashesAfter: readonly number[];
  /** All state is read back from the store after each commit. */
  readonly cachesNothing: boolean;
}
/** One list for each step. */
export type Outputs = readonly (readonly OutputRecord[])[];
export interface RecordedCase extends Case {
  /** Of Kafka Streams. */
  readonly outputs: Outputs;
}

export type TopologyCase =
  | WindowCase
  | AggregateCase
  | StreamJoinCase
  | StreamTableCase
  | StreamVersionedTableCase
  | StreamGlobalTableCase
  | TableCase
  | ForeignKeyCase
  | SuppressCase
  | MergeCase;

export type Aggregation = 'count' | 'reduce' | 'aggregate';
/** 'bag': what the rows of a group are, whatever they were before; no row for none. */
export type TableAggregation = Aggregation | 'bag';
export type JoinKind = 'inner' | 'left' | 'outer';

export type WindowKind =
  | { readonly kind: 'tumbling'; readonly sizeMs: number }
  | { readonly kind: 'hopping'; readonly sizeMs: number; readonly advanceMs: number }
  | { readonly kind: 'sliding'; readonly differenceMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

interface GroupedStream {
  /** By what the value says, by way of a repartition topic; else by key. */
  readonly regroup: boolean;
}
export interface WindowCase extends GroupedStream {
  readonly kind: 'window';
  readonly window: WindowKind;
  readonly graceMs: number;
  readonly aggregation: Aggregation;
  /** 'suppressed': on Kafka Streams by suppress(untilWindowCloses), here 'final'. */
  readonly emit: 'updates' | 'final' | 'suppressed';
  /** The value is the event time; it may be negative. */
  readonly timeFromValue?: boolean;
}
export interface AggregateCase extends GroupedStream {
  readonly kind: 'aggregate';
  readonly aggregation: Aggregation;
}
export interface StreamJoinCase {
  readonly kind: 'streamJoin';
  readonly join: JoinKind;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;
}
export interface StreamTableCase {
  readonly kind: 'streamTable';
  readonly join: 'inner' | 'left';
  /** Of topics b and c. */
  readonly table: TableExpression;
}
/** A table of topic b that keeps versions. */
export interface StreamVersionedTableCase {
  readonly kind: 'streamVersionedTable';
  readonly join: 'inner' | 'left';
  readonly historyRetentionMs: number;
  /** Records are held back for so long; null: they are joined at once. */
  readonly graceMs: number | null;
  /** Tables that keep nothing, made of it one after the other. */
  readonly made: readonly ('filter' | 'mapValues')[];
}
export interface StreamGlobalTableCase {
  readonly kind: 'streamGlobalTable';
  readonly join: 'inner' | 'left';
}
export interface TableCase {
  readonly kind: 'table';
  readonly table: TableExpression;
}
/** Rows of a table of topic a name those of a table of topic b. */
export interface ForeignKeyCase {
  readonly kind: 'foreignKey';
  readonly join: 'inner' | 'left';
  readonly left: TableExpression;
  readonly right: TableExpression;
  readonly stored: boolean;
}
/** A table of topic a, its changes held back. */
export interface SuppressCase {
  readonly kind: 'suppress';
  readonly limitMs: number;
  /** The buffer has room for so many; what is due first leaves early. null: no limit. */
  readonly maxRecords: number | null;
}
export interface MergeCase {
  readonly kind: 'merge';
}

export type TableExpression =
  | { readonly op: 'toTable'; readonly topic: Topic }
  | {
      readonly op: 'source';
      readonly topic: Topic;
      /** What rows were is kept for so long; left out: only the rows of now are. */
      readonly historyRetentionMs?: number | undefined;
    }
  | { readonly op: 'filter' | 'mapValues'; readonly of: TableExpression; readonly stored: boolean }
  | { readonly op: 'group'; readonly of: TableExpression; readonly aggregation: TableAggregation }
  | {
      readonly op: 'join';
      readonly join: JoinKind;
      readonly left: TableExpression;
      readonly right: TableExpression;
      readonly stored: boolean;
    };
