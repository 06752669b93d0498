import { Lane } from '../processor/operators/lane.ts';
import { storesUsedBy, type GraphNode } from '../topology/graph.ts';
import { Roots } from '../topology/roots.ts';

/** The lanes of a task: one for all operators that are connected by the stores they use. */
export class Lanes {
  readonly #roots = new Roots<string>();
  readonly #lanes = new Map<string, Lane>();

  constructor(nodes: readonly GraphNode[]) {
    for (const node of nodes) {
      const [first, ...others] = storesUsedBy(node);
      for (const store of others) this.#roots.join(first!, store);
    }
  }

  of(node: GraphNode): Lane {
    const [store] = storesUsedBy(node);
    if (store === undefined) return new Lane();
    const root = this.#roots.of(store);
    let lane = this.#lanes.get(root);
    if (lane === undefined) this.#lanes.set(root, (lane = new Lane()));
    return lane;
  }
}
