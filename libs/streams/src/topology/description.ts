/** A topology as plain data: what `describe('json')` writes, `hiveframe topology diff` compares, and a running application keeps
 *  beside its state. Its form is documented in docs/guide/naming-and-evolution.md and stays readable: fields may be added; where one
 *  changes its meaning, `format` does. */
import {
  changelogTopic,
  storesUsedBy,
  type GraphNode,
  type StoreDeclaration,
  type SubTopology,
  type TopicRef,
  type TopologyGraph,
} from './graph.ts';

export const DESCRIPTION_FORMAT = 1;

export interface TopologyDescription {
  readonly format: number;
  readonly subTopologies: readonly SubTopologyDescription[];
  readonly stores: readonly StoreDescription[];
  readonly internalTopics: readonly InternalTopicDescription[];
  readonly globalTables: readonly { readonly name: string; readonly topic: string }[];
}
export interface SubTopologyDescription {
  readonly id: number;
  readonly nodes: readonly NodeDescription[];
}
export interface NodeDescription {
  readonly name: string;
  readonly kind: 'source' | 'operator' | 'sink';
  /** Of operators: filter, map, windowed-aggregate … */
  readonly type?: string;
  /** Of sources and sinks. Internal ones are named `<applicationId>-<topic>` on the log. */
  readonly topic?: string;
  readonly internal?: boolean;
  /** Names of the stores it keeps or reads, its own first. */
  readonly stores: readonly string[];
  /** Names of the nodes that its records go to. */
  readonly children: readonly string[];
}
export interface StoreDescription {
  readonly name: string;
  /** Name of the node that declares it. */
  readonly node: string;
  readonly kind: 'keyValue' | 'window';
  readonly changelog: boolean;
  /** Formats of the serdes; null: not known. */
  readonly key: string | null;
  readonly value: string | null;
  readonly windowSizeMs: number | null;
  readonly retentionMs: number | null;
  /** Topics whose records reach it. */
  readonly inputs: readonly string[];
}
export interface InternalTopicDescription {
  /** Without the application id. */
  readonly name: string;
  readonly purpose: 'repartition' | 'sink';
  /** null: as many as the topics it comes from. */
  readonly numPartitions: number | null;
  readonly key: string | null;
  readonly value: string | null;
}

export function describeTopology({
  subTopologies,
  globalTables,
  internalTopics,
}: TopologyGraph): TopologyDescription {
  return {
    format: DESCRIPTION_FORMAT,
    subTopologies: subTopologies.map(({ id, nodes }) => ({ id, nodes: nodes.map(describeNode) })),
    stores: subTopologies.flatMap(describeStores),
    internalTopics: internalTopics.map(({ topic, purpose, numPartitions }) => ({
      name: topic.name,
      purpose,
      numPartitions,
      ...formatsOf(topic, subTopologies),
    })),
    globalTables: globalTables.map(({ name, topic }) => ({ name, topic: topic.name })),
  };
}

function describeNode(node: GraphNode): NodeDescription {
  const { name, spec } = node;
  const stores = [...new Set(storesUsedBy(node))];
  const children = [...new Set(childrenOf(node))].map((child) => child.name);
  if (spec.kind === 'operator') return { name, kind: spec.kind, type: spec.type, stores, children };
  return { name, kind: spec.kind, topic: spec.topic.name, internal: spec.topic.internal, stores, children };
}

function describeStores({ nodes, sources }: SubTopology): StoreDescription[] {
  const reached = sources.map((source) => ({ source, nodes: reachable(source) }));
  return nodes.flatMap((node) =>
    node.spec.kind === 'operator'
      ? node.spec.stores.map((store) => describeStore(store, node, inputsOf(store.name)))
      : [],
  );
  function inputsOf(store: string): string[] {
    const reaching = reached.filter((one) =>
      [...one.nodes].some((node) => storesUsedBy(node).includes(store)),
    );
    return reaching.flatMap(({ source }) => (source.spec.kind === 'source' ? [source.spec.topic.name] : []));
  }
}

function describeStore(
  store: StoreDeclaration,
  node: GraphNode,
  inputs: readonly string[],
): StoreDescription {
  const { name, kind, changelog, windowSizeMs, retentionMs } = store;
  return {
    name,
    node: node.name,
    kind,
    changelog,
    key: store.key.format ?? null,
    value: store.value.format ?? null,
    windowSizeMs,
    retentionMs,
    inputs,
  };
}

function formatsOf(
  topic: TopicRef,
  subTopologies: readonly SubTopology[],
): Pick<InternalTopicDescription, 'key' | 'value'> {
  for (const { spec } of subTopologies.flatMap(({ sources }) => sources)) {
    if (spec.kind !== 'source' || !spec.topic.internal || spec.topic.name !== topic.name) continue;
    return { key: spec.key?.format ?? null, value: spec.value.format ?? null };
  }
  return { key: null, value: null };
}

function reachable(from: GraphNode, found = new Set<GraphNode>()): Set<GraphNode> {
  found.add(from);
  for (const child of childrenOf(from)) if (!found.has(child)) reachable(child, found);
  return found;
}

export function childrenOf(node: GraphNode): readonly GraphNode[] {
  return [...node.children, ...node.sideOutputs.flat()];
}

/** Full names of the topics that a topology makes for itself. */
export function internalTopicsOf(
  { stores, internalTopics }: TopologyDescription,
  applicationId: string,
): string[] {
  const logged = stores.filter(({ changelog }) => changelog);
  return [
    ...logged.map(({ name }) => changelogTopic(name, applicationId)),
    ...internalTopics.map(({ name }) => `${applicationId}-${name}`),
  ];
}
