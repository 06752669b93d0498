/** Compiles a sub-topology to closures, from the sinks backwards: each node once, its children first. */
import type { Next, OperatorContext } from '../processor/operator.ts';
import type { GraphNode, SinkSpec, SubTopology } from '../topology/graph.ts';

export interface CompileContext {
  operatorContext(node: GraphNode, position: number): OperatorContext;
  sink(node: GraphNode, spec: SinkSpec, context: OperatorContext): Next;
}

/** What receives the records of each source node. */
export function compile(subTopology: SubTopology, context: CompileContext): ReadonlyMap<GraphNode, Next> {
  const compiled = new Map<GraphNode, Next>();
  const chain = (children: readonly GraphNode[]): Next => {
    const targets = children.map((child) => compiled.get(child)!);
    if (targets.length === 1) return targets[0]!;
    if (targets.length === 0) return () => {};
    if (targets.length === 2) return both(targets[0]!, targets[1]!);
    return (key, value, timestampMs, previous) => {
      for (const next of targets) next(key, value, timestampMs, previous);
    };
  };
  for (let position = subTopology.nodes.length - 1; position >= 0; position--) {
    const node = subTopology.nodes[position]!;
    compiled.set(node, build(node, position));
  }
  return compiled;

  function build(node: GraphNode, position: number): Next {
    const { spec } = node;
    if (spec.kind === 'source') return chain(node.children);
    const operatorContext = context.operatorContext(node, position);
    if (spec.kind === 'sink') return context.sink(node, spec, operatorContext);
    return spec.operator.build(operatorContext, chain(node.children), node.sideOutputs.map(chain));
  }
}

function both(first: Next, second: Next): Next {
  return (key, value, timestampMs, previous) => {
    first(key, value, timestampMs, previous);
    second(key, value, timestampMs, previous);
  };
}
