/** How many partitions the application's own topics get (0: none yet, as a pattern matches no topic): as many as asked for; else as the other sources of a sub-topology that
 *  must have equal counts (D24; Kafka Streams: CopartitionedTopicsEnforcer); else as the largest source of those that write them. */
import { TopologyError } from '../errors/streams.error.ts';
import type { InternalTopic, SinkSpec, SourceSpec, SubTopology, TopologyGraph } from '../topology/graph.ts';

/** @param known counts of external topics, by name; gets those of internal ones, by their name in the topology
 *  @throws TopologyError when topics depend on each other's count */
export function countInternalTopics(graph: TopologyGraph, known: Map<string, number>): void {
  const uncounted = new Set<InternalTopic>();
  for (const one of graph.internalTopics) {
    if (one.numPartitions === null) uncounted.add(one);
    else known.set(one.topic.name, one.numPartitions);
  }
  while (uncounted.size > 0) {
    const counted = countOne(graph, uncounted, known);
    if (counted === null) throw uncountable(uncounted);
    known.set(counted.topic.topic.name, counted.count);
    uncounted.delete(counted.topic);
  }
}

function countOne(
  graph: TopologyGraph,
  uncounted: ReadonlySet<InternalTopic>,
  known: ReadonlyMap<string, number>,
): { readonly topic: InternalTopic; readonly count: number } | null {
  for (const topic of uncounted) {
    const peers = peersOf(graph, topic.topic.name);
    const counts = peers.flatMap((peer) => known.get(peer) ?? []);
    if (counts.length > 0) return { topic, count: Math.max(...counts) };
    const writing = peers.map((peer) => largestSourceOfWriters(graph, peer, known));
    if (writing.every((count) => count !== null)) return { topic, count: Math.max(...writing) };
  }
  return null;
}

/** The topic, and those that must have as many partitions as it has. */
function peersOf({ subTopologies }: TopologyGraph, topic: string): string[] {
  const reader = subTopologies.find((sub) => sourcesOf(sub).includes(topic));
  return reader?.copartitioned === true ? sourcesOf(reader) : [topic];
}

/** Null: not known yet. */
function largestSourceOfWriters(
  { subTopologies }: TopologyGraph,
  topic: string,
  known: ReadonlyMap<string, number>,
): number | null {
  const sources = subTopologies.filter((sub) => sinksOf(sub).includes(topic)).flatMap(sourcesOf);
  const counts = sources.map((source) => known.get(source));
  return counts.includes(undefined) ? null : Math.max(0, ...(counts as number[]));
}

function sourcesOf({ sources }: SubTopology): string[] {
  return sources.map(({ spec }) => (spec as SourceSpec).topic.name);
}
function sinksOf({ nodes }: SubTopology): string[] {
  const sinks = nodes.flatMap(({ spec }) => (spec.kind === 'sink' ? [spec satisfies SinkSpec] : []));
  return sinks.filter(({ topic }) => topic.internal).map(({ topic }) => topic.name);
}

function uncountable(topics: ReadonlySet<InternalTopic>): TopologyError {
  const names = Array.from(topics, ({ topic }) => topic.name).join(', ');
  return new TopologyError(
    `Cannot count the partitions of ${names}: their writers read each other's output. Give one of them numPartitions.`,
  );
}
