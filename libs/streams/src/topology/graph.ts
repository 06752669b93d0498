/** The declared topology as data: what the DSL builds, `describe()` prints and tasks compile.
 *  G1 Nodes point to their children; records flow from parents to children.
 *  G2 Sub-topologies are the parts that are connected without a topic between them. Topics named in them are final
 *     (internal ones carry the application id only at start: see `resolveTopic`). */
import type { Operator } from '../processor/operator.ts';
import type { Bytes, Headers, RecordOrigin, TimeSpan } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { StoreKind } from '../ports/store.ts';
import type { StreamSink } from '../sink/sink.ts';

/** Internal topics are named `<applicationId>-<name>`, users' topics as they are. */
export interface TopicRef {
  readonly name: string;
  readonly internal: boolean;
}

/** Reads the event time of a record, epoch ms. Anything else than a non-negative finite number is a timestamp failure. */
export type EventTime = (
  key: unknown,
  value: unknown,
  recordTimestampMs: number,
  record: RecordOrigin & { headers(): Headers },
) => number;

export interface SourceSpec {
  readonly kind: 'source';
  readonly topic: TopicRef;
  /** Its topics are all whose name this matches as a whole; `topic` bears the text of the pattern. @defaultValue none: `topic` */
  readonly pattern?: RegExp;
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown>;
  /** null: the record's own timestamp. */
  readonly eventTime: EventTime | null;
  readonly watermarkDelayMs: number;
  /** null: a silent partition holds the watermark back for ever. */
  readonly idleAfterMs: number | null;
  /** While all is silent, time goes on with the wall clock. @defaultValue false */
  readonly advancesWhenIdle?: boolean;
  /** Its records are rows of a table. A null value deletes one; beside streams it does not hold the time of the task, for it
   *  changes when it changes. @defaultValue false */
  readonly table?: boolean;
  /** A repartition topic: the tasks that write it tell their watermarks there (ADR 7). @defaultValue false */
  readonly carriesWatermarks?: boolean;
  /** False: its records follow from those of other sources, and neither hold nor move the time of the task. @defaultValue true */
  readonly holdsTime?: boolean;
}
export interface OperatorSpec {
  readonly kind: 'operator';
  readonly operator: Operator;
  /** What `describe()` calls it: map, filter, window-aggregate … */
  readonly type: string;
  readonly stores: readonly StoreDeclaration[];
  /** Names of stores that other nodes declare, and this one reads. @defaultValue none */
  readonly reads?: readonly string[];
  /** Opened when a task takes over, before it reads. @defaultValue none */
  readonly sink?: StreamSink<unknown, unknown>;
}
/** Chooses the partition of an output record; null: by murmur2 of the key bytes, records without a key in turn. */
export type Partitioner = (
  key: unknown,
  value: unknown,
  keyBytes: Bytes | null,
  numPartitions: number,
) => number;
export interface SinkSpec {
  readonly kind: 'sink';
  readonly topic: TopicRef;
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown>;
  readonly partitioner: Partitioner | null;
  /** See `SourceSpec`. @defaultValue false */
  readonly carriesWatermarks?: boolean;
}

export interface GraphNode {
  readonly name: string;
  readonly spec: SourceSpec | OperatorSpec | SinkSpec;
  readonly children: readonly GraphNode[];
  /** Children of the side outputs, in the operator's order; [] for nodes that have none. */
  readonly sideOutputs: readonly (readonly GraphNode[])[];
}

export interface StoreDeclaration {
  readonly name: string;
  readonly kind: StoreKind;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
  /** Window stores: how long after its start a window is kept, by stream time; at least size + grace. null: until it is deleted, as in
   *  key-value stores, and in window stores whose segments are not times. */
  readonly retentionMs: number | null;
  readonly windowSizeMs: number | null;
  readonly changelog: boolean;
  /** What who reads the store is shown of an entry; `window` is null without a window. @defaultValue its value */
  readonly shown?: (value: unknown, key: unknown, window: TimeSpan | null) => unknown;
}

/** A topic that the application makes for itself. */
export interface InternalTopic {
  readonly topic: TopicRef;
  readonly purpose: 'repartition' | 'sink';
  /** null: as many as the largest source of the sub-topologies that write it. */
  readonly numPartitions: number | null;
}

export interface SubTopology {
  readonly id: number;
  readonly sources: readonly GraphNode[];
  /** All nodes, parents before children. */
  readonly nodes: readonly GraphNode[];
  readonly stores: readonly StoreDeclaration[];
  /** Records of several sources reach one store: the sources must have equal partition counts (D24). */
  readonly copartitioned: boolean;
}

/** A topic that every instance reads whole, before it processes anything. */
export interface GlobalTableSpec {
  readonly name: string;
  readonly topic: TopicRef;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

export interface TopologyGraph {
  readonly subTopologies: readonly SubTopology[];
  readonly globalTables: readonly GlobalTableSpec[];
  readonly internalTopics: readonly InternalTopic[];
}

/** Names of the stores that a node keeps or reads, its own first. */
export function storesUsedBy({ spec }: GraphNode): readonly string[] {
  return spec.kind === 'operator' ? [...spec.stores.map(({ name }) => name), ...(spec.reads ?? [])] : [];
}

export function resolveTopic(topic: TopicRef, applicationId: string): string {
  return topic.internal ? `${applicationId}-${topic.name}` : topic.name;
}
/** Kafka Streams' name of a store's changelog. */
export function changelogTopic(store: string, applicationId: string): string {
  return `${applicationId}-${store}-changelog`;
}
