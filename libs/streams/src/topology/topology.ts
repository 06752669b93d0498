import type { Sink } from '../sink/sink.ts';
import { describeGraph } from './describe.ts';
import type { TopologyGraph } from './graph.ts';

/** A declared topology, checked; an application or a test driver runs it. */
export class Topology {
  readonly graph: TopologyGraph;
  /** The sinks that are not topics: who runs the topology closes them after the last write. */
  readonly sinks: readonly Sink<unknown, unknown>[];

  constructor(graph: TopologyGraph, sinks: readonly Sink<unknown, unknown>[] = []) {
    this.graph = graph;
    this.sinks = sinks;
  }

  /** Sub-topologies, their nodes, topics and stores, for people; in the form of Kafka Streams' TopologyDescription. */
  describe(): string {
    return describeGraph(this.graph);
  }
}
