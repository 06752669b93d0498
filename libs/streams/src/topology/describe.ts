/** The text of `Topology.describe()`, in the form of Kafka Streams' TopologyDescription. */
import { storesUsedBy, type GraphNode, type SubTopology, type TopologyGraph } from './graph.ts';

export function describeGraph({ subTopologies, globalTables }: TopologyGraph): string {
  const global = globalTables.map(({ name, topic }) => `   Global table: ${name} (topic: ${topic.name})\n`);
  return `Topologies:\n${[...subTopologies.map(describeSubTopology), ...global].join('\n')}`;
}

function describeSubTopology({ id, nodes }: SubTopology): string {
  const parents = parentsOf(nodes);
  const lines = nodes.flatMap((node) => describeNode(node, parents.get(node) ?? []));
  return [`   Sub-topology: ${id}`, ...lines, ''].join('\n');
}

function describeNode(node: GraphNode, parents: readonly string[]): string[] {
  const children = [...node.children, ...node.sideOutputs.flat()].map(({ name }) => name);
  const lines = [`    ${headline(node)}`];
  if (node.spec.kind !== 'sink') lines.push(`      --> ${children.join(', ') || 'none'}`);
  if (node.spec.kind !== 'source') lines.push(`      <-- ${parents.join(', ')}`);
  return lines;
}

function headline(node: GraphNode): string {
  const { name, spec } = node;
  switch (spec.kind) {
    case 'source':
      return `Source: ${name} (topics: [${spec.topic.name}])`;
    case 'sink':
      return `Sink: ${name} (topic: ${spec.topic.name})`;
    case 'operator':
      return `Processor: ${name} (stores: [${[...new Set(storesUsedBy(node))].join(', ')}])`;
  }
}

function parentsOf(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, readonly string[]> {
  const parents = new Map<GraphNode, string[]>();
  for (const node of nodes) {
    for (const child of new Set([...node.children, ...node.sideOutputs.flat()])) {
      parents.set(child, [...(parents.get(child) ?? []), node.name]);
    }
  }
  return parents;
}
