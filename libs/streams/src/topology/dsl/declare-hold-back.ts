/** The node that holds a stream back before it is joined with a table that keeps versions. */
import { TopologyError } from '../../errors/streams.error.ts';
import { holdBack } from '../../processor/operators/hold-back.ts';
import { waitingRecordsSerde } from '../../processor/operators/stream-join/waiting-records.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { StoreOptions } from '../store-ref.ts';
import type { Dsl } from './dsl.ts';
import { serdeOf, type Flow } from './flow.ts';
import type { History } from './table-origin.ts';

export type HoldBackStore = Pick<StoreOptions<unknown, unknown>, 'value' | 'changelog'>;

export interface HoldingBack {
  readonly graceMs: number;
  readonly history: History | null;
  readonly store: HoldBackStore | undefined;
}

/** Buckets that the grace is cut into. */
const BUCKETS = 16;

export function declareHoldBack({ draft }: Dsl, flow: Flow, join: string, options: HoldingBack): Flow {
  requireHistory(join, options);
  const { graceMs, store = {} } = options;
  const bucketMs = Math.max(1, Math.ceil(graceMs / BUCKETS));
  const declared: StoreDeclaration = {
    name: `${join}-buffer`,
    kind: 'window',
    key: serdeOf(flow.key),
    value: waitingRecordsSerde(serdeOf(store.value ?? flow.value)) as unknown as Serde<unknown>,
    retentionMs: bucketMs + graceMs,
    windowSizeMs: bucketMs,
    changelog: store.changelog ?? true,
  };
  const node = draft.add({
    name: declared.name,
    parents: [flow.output],
    spec: () => ({
      kind: 'operator',
      type: 'hold-back',
      operator: holdBack(declared.name, graceMs),
      stores: [declared],
    }),
  });
  return { ...flow, output: node.children };
}

function requireHistory(join: string, { graceMs, history }: HoldingBack): void {
  if (!Number.isSafeInteger(graceMs) || graceMs <= 0) {
    throw new TopologyError(
      `Cannot join ${join}: graceMs is ${String(graceMs)}; it must be a whole number of milliseconds above 0.`,
    );
  }
  if (history === null) {
    throw new TopologyError(
      `Cannot join ${join} with a grace of ${graceMs} ms: the table does not keep what its rows were. Give its store historyRetentionMs, or leave graceMs out.`,
    );
  }
  if (history.retentionMs >= graceMs) return;
  throw new TopologyError(
    `Cannot join ${join} with a grace of ${graceMs} ms: the table keeps what its rows were for ${history.retentionMs} ms only. Give its store a longer historyRetentionMs.`,
  );
}
