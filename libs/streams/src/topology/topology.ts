import type { StreamSink } from '../sink/sink.ts';
import { describeGraph } from './describe.ts';
import { describeTopology, type TopologyDescription } from './description.ts';
import type { TopologyGraph } from './graph.ts';
import { toMermaid } from './mermaid.ts';

export type DescriptionStyle = 'text' | 'json' | 'mermaid';

/** A declared topology, checked; an application or a test driver runs it. */
export class Topology {
  readonly graph: TopologyGraph;
  /** The sinks that are not topics: who runs the topology closes them after the last write. */
  readonly sinks: readonly StreamSink<unknown, unknown>[];

  constructor(graph: TopologyGraph, sinks: readonly StreamSink<unknown, unknown>[] = []) {
    this.graph = graph;
    this.sinks = sinks;
  }

  /** Sub-topologies, their nodes, topics and stores. text: for people, in the form of Kafka Streams' TopologyDescription. json: for
   *  programs, a `TopologyDescription`. mermaid: a flowchart for Markdown. @defaultValue 'text' */
  describe(style: DescriptionStyle = 'text'): string {
    switch (style) {
      case 'text':
        return describeGraph(this.graph);
      case 'json':
        return `${JSON.stringify(this.toJSON(), null, 2)}\n`;
      case 'mermaid':
        return toMermaid(this.toJSON());
    }
  }

  toJSON(): TopologyDescription {
    return describeTopology(this.graph);
  }
}
