/** How time and commits walk through the operators of a task that keep something back, in topological order.
 *  S1 An operator sees the task's watermark, but never more than what operators before it may still pass on (`limitTime`): what
 *     was held, or is emitted at a close or a commit, is not late only because the task went on meanwhile (D3). Before it are
 *     those whose records reach it; operators on other branches do not count.
 *  S2 A commit drains, advances and lets emit each stage before the ones behind it; then nothing is on its way. */
import type { Holder, TaskTime, WatermarkListener } from '../processor/operator.ts';
import type { GraphNode } from '../topology/graph.ts';

export interface Stage {
  readonly node: GraphNode;
  readonly position: number;
  readonly time: TaskTime;
  holder: Holder | null;
  advance: WatermarkListener | null;
  emit: (() => void) | null;
  ceilingMs: (() => number) | null;
}

export class Stages {
  readonly #task: TaskTime;
  #stages: Stage[] = [];
  #holders: Holder[] = [];

  constructor(task: TaskTime) {
    this.#task = task;
  }

  /** A node's part; `finish` ties the parts together. */
  add(node: GraphNode, position: number): Stage {
    const time = new OperatorTime(this.#task);
    const stage: Stage = { node, position, time, holder: null, advance: null, emit: null, ceilingMs: null };
    this.#stages.push(stage);
    return stage;
  }

  /** After all nodes were built: nodes without a part go, times learn what is before them. */
  finish(): void {
    const inOrder = this.#stages.sort((a, b) => a.position - b.position);
    const limiting = inOrder.filter(({ ceilingMs }) => ceilingMs !== null);
    for (const { node, time } of inOrder) {
      const before = limiting.filter((other) => leadsTo(other.node, node));
      (time as OperatorTime).ceilings = before.map(({ ceilingMs }) => ceilingMs!);
    }
    this.#stages = inOrder.filter(({ holder, advance, emit }) => holder ?? advance ?? emit);
    this.#holders = this.#stages.flatMap(({ holder }) => holder ?? []);
  }

  [Symbol.iterator](): Iterator<Stage> {
    return this.#stages[Symbol.iterator]();
  }

  get holdsAny(): boolean {
    return this.#holders.some(({ held }) => held > 0);
  }

  /** An operator cannot take another record now. */
  get isFull(): boolean {
    for (const holder of this.#holders) if (holder.isFull === true) return true;
    return false;
  }

  /** Tells the operators where time stands for them. */
  advance(): void {
    for (const { advance, time } of this.#stages) advance?.(time.watermarkMs);
  }
}

function leadsTo(from: GraphNode, to: GraphNode): boolean {
  const next = [...from.children, ...from.sideOutputs.flat()];
  return next.some((child) => child === to || leadsTo(child, to));
}

class OperatorTime implements TaskTime {
  ceilings: readonly (() => number)[] = [];
  readonly #task: TaskTime;
  #lastMs = -Infinity;

  constructor(task: TaskTime) {
    this.#task = task;
  }

  get watermarkMs(): number {
    if (this.ceilings.length === 0) return this.#task.watermarkMs;
    let watermarkMs = this.#task.watermarkMs;
    for (const ceilingMs of this.ceilings) watermarkMs = Math.min(watermarkMs, ceilingMs());
    return (this.#lastMs = Math.max(this.#lastMs, watermarkMs));
  }
}
