/** Ways out of a sub-topology: a user's topic, or a topic of the application that a new sub-topology reads. */
import type { Serde } from '../../serde/serde.ts';
import { windowedPartitioner } from './windowed-partitioner.ts';
import type { TopologyDraft } from '../draft.ts';
import type { InternalTopic, TopicRef } from '../graph.ts';
import { serdeOf, type Flow } from './flow.ts';

interface Destination {
  readonly nodeName: string;
  readonly topic: TopicRef;
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown>;
  readonly carriesWatermarks?: boolean;
}

export function writeTo(draft: TopologyDraft, flow: Flow, { nodeName, ...destination }: Destination): void {
  draft.add({
    name: nodeName,
    parents: [flow.output],
    spec: () => ({ kind: 'sink', ...destination, partitioner: windowedPartitioner(destination.key) }),
  });
}

export interface ThroughTopic {
  readonly purpose: InternalTopic['purpose'];
  /** Without the application id. */
  readonly topic: string;
  readonly sinkName: string;
  readonly sourceName: string;
  readonly key?: Serde<unknown> | undefined;
  readonly value?: Serde<unknown> | undefined;
  readonly numPartitions?: number | undefined;
}

/** The record's timestamp there is its event time, so the source behind it needs no column for it. */
export function throughTopic(draft: TopologyDraft, flow: Flow, through: ThroughTopic): Flow {
  const topic: TopicRef = { name: through.topic, internal: true };
  const key = through.key ?? serdeOf(flow.key);
  const value = through.value ?? serdeOf(flow.value);
  draft.internalTopics.push({
    topic,
    purpose: through.purpose,
    numPartitions: through.numPartitions ?? null,
  });
  const carriesWatermarks = through.purpose === 'repartition';
  writeTo(draft, flow, { nodeName: through.sinkName, topic, key, value, carriesWatermarks });
  const source = draft.add({
    name: through.sourceName,
    parents: [],
    spec: () => ({
      kind: 'source',
      topic,
      key,
      value,
      eventTime: null,
      carriesWatermarks,
      ...flow.watermark,
    }),
  });
  return { output: source.children, key, value, keyChanged: false, watermark: flow.watermark };
}

export interface Repartition {
  readonly name: string;
  readonly key?: Serde<unknown> | undefined;
  readonly value?: Serde<unknown> | undefined;
  readonly numPartitions?: number | undefined;
}

export function repartition(draft: TopologyDraft, flow: Flow, { name, ...options }: Repartition): Flow {
  const topic = `${name}-repartition`;
  return throughTopic(draft, flow, {
    purpose: 'repartition',
    topic,
    sinkName: `${topic}-sink`,
    sourceName: `${topic}-source`,
    ...options,
  });
}
