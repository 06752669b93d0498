/** Join nodes: with the stores that they read, and what they ask of the tables before them. */
import { TopologyError } from '../../errors/streams.error.ts';
import { requireKey } from '../../processor/operators/require-key.ts';
import { passOn } from '../../processor/operators/stateless.ts';
import { streamTableJoin, type Joiner } from '../../processor/operators/stream-table-join.ts';
import { joinedRows, tableJoin, type TableJoining } from '../../processor/operators/table-join.ts';
import type { DraftNode } from '../draft.ts';
import { declareHoldBack, type HoldBackStore } from './declare-hold-back.ts';
import type { Dsl } from './dsl.ts';
import { attach, wider, type Flow } from './flow.ts';
import { PassingTable, type NamedStore, type TableBacking } from './table-origin.ts';
import { repartition } from './through-topic.ts';

/** A table that takes part in a join. */
export interface JoinSide {
  readonly flow: Flow;
  readonly backing: TableBacking;
}

export interface StreamTableJoinOptions {
  readonly name: string;
  readonly joiner: Joiner;
  readonly graceMs?: number;
  readonly store?: HoldBackStore;
}

export function declareStreamTableJoin(
  dsl: Dsl,
  stream: Flow,
  table: JoinSide,
  kind: 'inner' | 'left',
  { name, joiner, graceMs, store }: StreamTableJoinOptions,
): Flow {
  const { stores, rows, history } = table.backing;
  const keyed = partitionedLike(dsl, stream, table.flow, kind, name);
  const flow = graceMs === undefined ? keyed : declareHoldBack(dsl, keyed, name, { graceMs, history, store });
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    spec: () => {
      const joining = { name, joiner, kind, rows, stores: namesOf(stores), history: history?.name ?? null };
      const reads = namesOf(history === null ? stores : [...stores, history]);
      const operator = streamTableJoin(joining);
      return { kind: 'operator', type: 'stream-table-join', operator, stores: [], reads };
    },
  });
  return { ...flow, output: node.children, value: null };
}

/** Keys that may have changed go through a topic again, written as the table's are: equal keys must have equal bytes (D25). */
function partitionedLike(
  { draft }: Dsl,
  stream: Flow,
  table: Flow,
  kind: 'inner' | 'left',
  name: string,
): Flow {
  if (!stream.keyChanged) return stream;
  const keyed = kind === 'left' ? stream.output : requiringKey(draft, stream, name);
  return repartition(draft, { ...stream, output: keyed, key: table.key ?? stream.key }, { name });
}

function requiringKey(draft: Dsl['draft'], stream: Flow, name: string): Flow['output'] {
  return attach(draft, stream, {
    type: 'require-key',
    name: `${name}-require-key`,
    operator: requireKey,
  });
}

export function declareTableJoin(
  { draft }: Dsl,
  left: JoinSide,
  right: JoinSide,
  joining: TableJoining,
): JoinSide {
  requireTwo(joining.name, left, right);
  const [a, b] = [left.backing, right.backing];
  for (const { origin } of [a, b]) origin.requirePrevious();
  a.origin.requireAtHand(b.stores);
  b.origin.requireAtHand(a.stores);
  const origin = new PassingTable([a.origin, b.origin]);
  const side = (which: 'left' | 'right', mine: JoinSide, other: TableBacking): DraftNode =>
    draft.add({
      name: `${joining.name}-${which}`,
      parents: [mine.flow.output],
      spec: () => {
        const operator = tableJoin(joining, which, other.rows, origin.passing);
        return { kind: 'operator', type: 'table-join', operator, stores: [], reads: namesOf(other.stores) };
      },
    });
  const sides = [side('left', left, b), side('right', right, a)];
  const node = draft.add({
    name: joining.name,
    parents: sides.map(({ children }) => children),
    spec: () => ({ kind: 'operator', type: 'merge', operator: passOn(), stores: [] }),
  });
  return {
    flow: {
      output: node.children,
      key: left.flow.key ?? right.flow.key,
      value: null,
      keyChanged: false,
      watermark: wider(left.flow.watermark, right.flow.watermark),
    },
    backing: {
      origin,
      stores: [...new Set([...a.stores, ...b.stores])],
      rows: joinedRows(joining, a.rows, b.rows),
      history: null,
    },
  };
}

function requireTwo(name: string, left: JoinSide, right: JoinSide): void {
  const shared = left.backing.stores.find((store) => right.backing.stores.includes(store));
  if (shared === undefined) return;
  throw new TopologyError(
    `Cannot join ${name}: rows of both sides come from store ${shared.name}, so both change at once. Compute the row with mapValues, or keep one side in a store of its own (option store).`,
  );
}

function namesOf(stores: readonly NamedStore[]): string[] {
  return stores.map(({ name }) => name);
}
