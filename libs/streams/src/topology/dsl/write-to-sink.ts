import { sinkWriter } from '../../processor/operators/sink-writer.ts';
import type { StreamSink } from '../../sink/sink.ts';
import type { TopologyDraft } from '../draft.ts';
import { attach, type Flow } from './flow.ts';
import { throughTopic } from './through-topic.ts';

/** Hands the flow to a sink, by way of a topic of the application. */
export function writeToSink(draft: TopologyDraft, flow: Flow, sink: StreamSink<unknown, unknown>): void {
  const name = freeName(draft, `${sink.name}`);
  const behind = throughTopic(draft, flow, {
    purpose: 'sink',
    topic: `${name}-sink`,
    sinkName: `${name}-sink-topic`,
    sourceName: `${name}-sink-source`,
  });
  attach(draft, behind, {
    type: 'sink-writer',
    name: `${name}-sink`,
    operator: () => sinkWriter(sink),
    sink,
  });
  draft.sinks.add(sink);
}

/** Two consoles may both be called 'console': the second writes by way of `console-2-sink`. */
function freeName(draft: TopologyDraft, name: string): string {
  const taken = (candidate: string) => draft.nodes.some((node) => node.name === `${candidate}-sink`);
  if (!taken(name)) return name;
  let number = 2;
  while (taken(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}
