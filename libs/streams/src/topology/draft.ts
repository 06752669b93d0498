/** The topology while it is being declared: nodes that still get children. `buildGraph` makes the graph of it. */
import type { StreamSink } from '../sink/sink.ts';
import type { GlobalTableSpec, GraphNode, InternalTopic, StoreDeclaration } from './graph.ts';

export type NodeSpec = GraphNode['spec'];
/** Where children are attached: the main output of a node, or one of its side outputs. */
export type Output = DraftNode[];

export interface DraftNode {
  readonly name: string;
  /** Asked when the graph is built: a store may get its name after its node was declared. */
  readonly spec: () => NodeSpec;
  readonly children: Output;
  readonly sideOutputs: readonly Output[];
}

export interface NewNode {
  readonly name: string;
  readonly parents: readonly Output[];
  readonly spec: () => NodeSpec;
  readonly numSideOutputs?: number;
}

export class TopologyDraft {
  /** In the order of declaration, so parents come before children. */
  readonly nodes: DraftNode[] = [];
  readonly internalTopics: InternalTopic[] = [];
  readonly globalTables: GlobalTableSpec[] = [];
  readonly #claimed = new Set<StoreDeclaration>();
  readonly sinks = new Set<StreamSink<unknown, unknown>>();

  add({ name, parents, spec, numSideOutputs = 0 }: NewNode): DraftNode {
    const sideOutputs = Array.from({ length: numSideOutputs }, (): Output => []);
    const node: DraftNode = { name, spec, children: [], sideOutputs };
    for (const parent of parents) parent.push(node);
    this.nodes.push(node);
    return node;
  }

  /** True for the first node that names the store: it keeps it, the others share it. */
  claim(store: StoreDeclaration): boolean {
    if (this.#claimed.has(store)) return false;
    this.#claimed.add(store);
    return true;
  }

  /** For nodes that keep nothing: `map-0003`. An operator added before it changes the name, and nothing hangs on that. */
  positionalName(type: string): string {
    return `${type}-${String(this.nodes.length).padStart(4, '0')}`;
  }
}
