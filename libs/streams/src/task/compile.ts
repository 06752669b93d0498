/** Compiles a sub-topology to closures, from the sinks backwards: each node once, its children first. */
import { StreamsError, TopologyError } from '../errors/streams.error.ts';
import type { Next, OperatorContext } from '../processor/operator.ts';
import type { GraphNode, SinkSpec, SubTopology } from '../topology/graph.ts';

export interface CompileContext {
  operatorContext(node: GraphNode, position: number): OperatorContext;
  sink(node: GraphNode, spec: SinkSpec, context: OperatorContext): Next;
}

/** What receives the records of each source node. */
export function compile(subTopology: SubTopology, context: CompileContext): ReadonlyMap<GraphNode, Next> {
  const compiled = new Map<GraphNode, Next>();
  const chain = (children: readonly GraphNode[]): Next =>
    toAll(children.map((child) => compiled.get(child)!));
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
    try {
      return spec.operator.build(operatorContext, chain(node.children), node.sideOutputs.map(chain));
    } catch (thrown) {
      throw StreamsError.is(thrown) ? thrown : notMade(node, operatorContext, thrown);
    }
  }
}

/** A function of the user makes a part of it (a processor's `create`). */
function notMade({ name }: GraphNode, { taskId }: OperatorContext, cause: unknown): TopologyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TopologyError(`Cannot make ${name} for task ${taskId}: ${reason}`, { cause });
}

function toAll([first, ...others]: readonly Next[]): Next {
  if (first === undefined) return () => {};
  return others.length === 0 ? first : both(first, toAll(others));
}

/** A record that fails in one place is not passed on to the next. A row that comes with the one before is: whoever missed it would
 *  take it back all the same when it changes. */
function both(first: Next, second: Next): Next {
  return (key, value, timestampMs, previous) => {
    if (previous === undefined) {
      first(key, value, timestampMs);
      second(key, value, timestampMs);
      return;
    }
    try {
      first(key, value, timestampMs, previous);
    } catch (thrown) {
      passAllTheSame(() => second(key, value, timestampMs, previous));
      throw thrown;
    }
    second(key, value, timestampMs, previous);
  };
}

/** One failure is told: the one that is more than the record's own, if there is one. */
function passAllTheSame(pass: () => void): void {
  try {
    pass();
  } catch (thrown) {
    if (StreamsError.is(thrown)) throw thrown;
  }
}
