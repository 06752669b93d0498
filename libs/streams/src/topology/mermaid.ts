/** The text of `Topology.describe('mermaid')`: a flowchart for Markdown, one box for each sub-topology. */
import type { NodeDescription, SubTopologyDescription, TopologyDescription } from './description.ts';

export function toMermaid({ subTopologies, globalTables }: TopologyDescription): string {
  const topics = new Set<string>();
  const lines = subTopologies.flatMap((sub) => [...subgraph(sub), ...edges(sub, topics)]);
  const global = globalTables.map(
    ({ name, topic }) => `  ${topicId(topic)}[/${quote(topic)}/] --> ${id('global', name)}[(${quote(name)})]`,
  );
  return ['flowchart LR', ...lines, ...global, ''].join('\n');
}

function subgraph({ id: number, nodes }: SubTopologyDescription): string[] {
  const operators = nodes.filter(({ kind }) => kind === 'operator');
  const stores = [...new Set(operators.flatMap((node) => node.stores))];
  return [
    `  subgraph sub${number} [${quote(`sub-topology ${number}`)}]`,
    ...operators.map(
      ({ name, type }) => `    ${id('node', name)}[${quote(name === type ? name : `${name} (${type})`)}]`,
    ),
    ...stores.map((store) => `    ${id('store', store)}[(${quote(store)})]`),
    '  end',
  ];
}

/** @param topics that were drawn already */
function edges({ nodes }: SubTopologyDescription, topics: Set<string>): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const ends = nodes.flatMap((node) => topicLine(node, topics));
  const flows = nodes.flatMap((node) =>
    node.children.map((child) => `  ${place(node)} --> ${place(byName.get(child)!)}`),
  );
  const reads = nodes.flatMap((node) =>
    node.stores.map((store) => `  ${place(node)} -.- ${id('store', store)}`),
  );
  return [...ends, ...flows, ...reads];
}

function topicLine({ topic, internal }: NodeDescription, topics: Set<string>): string[] {
  if (topic === undefined || topics.has(topic)) return [];
  topics.add(topic);
  return [`  ${topicId(topic)}[/${quote(internal ? `${topic} (internal)` : topic)}/]`];
}

function place({ name, topic }: NodeDescription): string {
  return topic === undefined ? id('node', name) : topicId(topic);
}
function topicId(topic: string): string {
  return id('topic', topic);
}

/** Mermaid takes letters, digits and underscores; what else is in a name is written as its code. */
function id(kind: string, name: string): string {
  return `${kind}_${name.replace(/[^a-zA-Z0-9]/g, (sign) => `_${sign.codePointAt(0)!.toString(16)}`)}`;
}
function quote(text: string): string {
  return `"${text.replaceAll('"', '#quot;')}"`;
}
