/** From the draft to the graph: checks it, links the nodes and cuts it into sub-topologies. */
import { TopologyError } from '../errors/streams.error.ts';
import type { DraftNode, TopologyDraft } from './draft.ts';
import {
  storesUsedBy,
  type GraphNode,
  type SinkSpec,
  type SourceSpec,
  type StoreDeclaration,
  type SubTopology,
  type TopologyGraph,
} from './graph.ts';
import { Roots } from './roots.ts';

/** @throws TopologyError that names all faults together */
export function buildGraph(draft: TopologyDraft): TopologyGraph {
  const nodes = linkNodes(draft.nodes);
  const { globalTables } = draft;
  const faults = [
    ...emptiness(nodes),
    ...duplicateNames(nodes),
    ...duplicateStores(nodes),
    ...patternClashes(nodes, globalTables),
    ...duplicates(globalTables.map(({ name }) => name)).map(
      (name) => `two global tables are named '${name}'`,
    ),
  ];
  if (faults.length > 0) throw new TopologyError(`Cannot build the topology: ${faults.join('; ')}.`);
  const internalTopics = [...draft.internalTopics];
  return { subTopologies: cut(nodes), globalTables: [...globalTables], internalTopics };
}

/** Children are declared after their parents, so from the back each node finds its children made. */
function linkNodes(drafts: readonly DraftNode[]): readonly GraphNode[] {
  const made = new Map<DraftNode, GraphNode>();
  const all = (output: readonly DraftNode[]) => output.map((child) => made.get(child)!);
  for (const draft of drafts.toReversed()) {
    made.set(draft, {
      name: draft.name,
      spec: draft.spec(),
      children: all(draft.children),
      sideOutputs: draft.sideOutputs.map(all),
    });
  }
  return all(drafts);
}

function emptiness(nodes: readonly GraphNode[]): string[] {
  if (nodes.length === 0) return ['it is empty; begin with builder.stream(topic)'];
  const lost = nodes.filter(({ spec, children }) => spec.kind === 'source' && children.length === 0);
  return lost.map(({ spec }) =>
    spec.kind === 'source' ? `nothing is done with the records of topic ${spec.topic.name}` : '',
  );
}

/** What a pattern reads nobody else of the topology reads, nor writes: it would never come to an end. */
function patternClashes(nodes: readonly GraphNode[], globalTables: TopologyGraph['globalTables']): string[] {
  const used = [
    ...nodes.flatMap(({ spec }) => (isNamedTopic(spec) ? [spec.topic.name] : [])),
    ...globalTables.map(({ topic }) => topic.name),
  ];
  return nodes.flatMap(({ spec }) => {
    if (spec.kind !== 'source' || spec.pattern === undefined) return [];
    const { pattern, topic } = spec;
    const clashes = [...new Set(used)].filter((name) => pattern.test(name));
    return clashes.map(
      (name) => `pattern ${topic.name} matches topic ${name}, which is used by its name already`,
    );
  });
}

function isNamedTopic(spec: GraphNode['spec']): spec is SourceSpec | SinkSpec {
  if (spec.kind === 'operator' || spec.topic.internal) return false;
  return spec.kind === 'sink' || spec.pattern === undefined;
}

function duplicateNames(nodes: readonly GraphNode[]): string[] {
  return duplicates(nodes.map(({ name }) => name)).map(
    (name) =>
      `the name '${name}' is given twice; names of groupings, windows and async operators must differ`,
  );
}

function duplicateStores(nodes: readonly GraphNode[]): string[] {
  return duplicates(nodes.flatMap(storesOf).map(({ name }) => name)).map(
    (name) => `two operators keep their state in a store named '${name}'; give one of them another name`,
  );
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

function storesOf({ spec }: GraphNode): readonly StoreDeclaration[] {
  return spec.kind === 'operator' ? spec.stores : [];
}

/** Parts connected by records or by stores, numbered in the order in which their first nodes were declared. */
function cut(nodes: readonly GraphNode[]): readonly SubTopology[] {
  const roots = new Roots<GraphNode>();
  for (const node of nodes) for (const child of outputsOf(node)) roots.join(node, child);
  for (const users of usersOfStores(nodes).values()) for (const user of users) roots.join(users[0]!, user);
  const parts = Map.groupBy(nodes, (node) => roots.of(node));
  return [...parts.values()].map(subTopology);
}

function subTopology(nodes: readonly GraphNode[], id: number): SubTopology {
  const sources = nodes.filter(({ spec }) => spec.kind === 'source');
  return {
    id,
    sources,
    nodes,
    stores: nodes.flatMap(storesOf),
    copartitioned: shareState(sources),
  };
}

function usersOfStores(nodes: readonly GraphNode[]): ReadonlyMap<string, readonly GraphNode[]> {
  const uses = nodes.flatMap((node) => storesUsedBy(node).map((store) => ({ store, node })));
  return new Map(
    Array.from(
      Map.groupBy(uses, ({ store }) => store),
      ([store, users]) => [store, users.map(({ node }) => node)],
    ),
  );
}

/** A store that records of several sources reach wants one key in one partition number of all of them (D24). */
function shareState(sources: readonly GraphNode[]): boolean {
  const used = sources.flatMap((source) => [...new Set([...reachable(source)].flatMap(storesUsedBy))]);
  return new Set(used).size < used.length;
}

function reachable(from: GraphNode, found = new Set<GraphNode>()): Set<GraphNode> {
  found.add(from);
  for (const node of outputsOf(from)) if (!found.has(node)) reachable(node, found);
  return found;
}

function outputsOf(node: GraphNode): readonly GraphNode[] {
  return [...node.children, ...node.sideOutputs.flat()];
}
