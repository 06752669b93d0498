/** What the serdes of a topology need to write: brought before anything is made or written. */
import type { Serde } from '../serde/serde.ts';
import { changelogTopic, resolveTopic, type GraphNode, type TopologyGraph } from '../topology/graph.ts';

/** For the topics of all sinks and the changelogs of all stores. @throws what their `prepare` throws */
export async function prepareSerdes(graph: TopologyGraph, applicationId: string): Promise<void> {
  const nodes = graph.subTopologies.flatMap((subTopology) => subTopology.nodes);
  for (const node of nodes) await prepareSink(node, applicationId);
  for (const { stores } of graph.subTopologies)
    for (const store of stores) await prepareBoth(store, changelogTopic(store.name, applicationId));
}

async function prepareSink({ spec }: GraphNode, applicationId: string): Promise<void> {
  if (spec.kind === 'sink') await prepareBoth(spec, resolveTopic(spec.topic, applicationId));
}

async function prepareBoth(
  { key, value }: { readonly key: Serde<unknown> | null; readonly value: Serde<unknown> },
  topic: string,
): Promise<void> {
  await key?.prepare?.(topic, 'key');
  await value.prepare?.(topic, 'value');
}
