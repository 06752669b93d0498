/** The nodes of a stream-stream join: one for each side, and one where their results meet. */
import { TopologyError } from '../../errors/streams.error.ts';
import { requireKey } from '../../processor/operators/require-key.ts';
import { passOn } from '../../processor/operators/stateless.ts';
import type { StreamJoining } from '../../processor/operators/stream-join/join-side.ts';
import { retentionOf } from '../../processor/operators/stream-join/stream-join.ts';
import { streamJoin } from '../../processor/operators/stream-join/stream-join-operator.ts';
import { waitingRecordsSerde } from '../../processor/operators/stream-join/waiting-records.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { StoreOptions } from '../store-ref.ts';
import type { Dsl } from './dsl.ts';
import { attach, serdeOf, wider, type Flow } from './flow.ts';
import { repartition } from './through-topic.ts';

export interface StreamJoinOptions extends Omit<StreamJoining, 'kind'> {
  readonly key?: Serde<unknown>;
  readonly leftValue?: Serde<unknown>;
  readonly rightValue?: Serde<unknown>;
  readonly store?: Pick<StoreOptions<unknown, unknown>, 'changelog'>;
}

type Kind = StreamJoining['kind'];
type Stores = { readonly left: StoreDeclaration; readonly right: StoreDeclaration };

export function declareStreamJoin(
  dsl: Dsl,
  leftStream: Flow,
  rightStream: Flow,
  kind: Kind,
  options: StreamJoinOptions,
): Flow {
  requireSpans(options);
  const { name } = options;
  const key = options.key ?? leftStream.key ?? rightStream.key;
  const { leftValue = leftStream.value, rightValue = rightStream.value } = options;
  const left = byKey(dsl, { ...leftStream, key, value: leftValue }, `${name}-left`, kind !== 'inner');
  const right = byKey(dsl, { ...rightStream, key, value: rightValue }, `${name}-right`, kind === 'outer');
  const stores = declareStores(left, right, options);
  const operators = streamJoin({ ...options, kind }, { left: stores.left.name, right: stores.right.name });
  const { draft } = dsl;
  const leftNode = draft.add({
    name: stores.left.name,
    parents: [left.output],
    spec: () => ({
      kind: 'operator',
      type: 'stream-join',
      operator: operators.left,
      stores: [stores.left, stores.right],
    }),
  });
  const rightNode = draft.add({
    name: stores.right.name,
    parents: [right.output],
    spec: () => ({
      kind: 'operator',
      type: 'stream-join',
      operator: operators.right,
      stores: [],
      reads: [stores.left.name, stores.right.name],
    }),
  });
  const results = draft.add({
    name,
    parents: [leftNode.children, rightNode.children],
    spec: () => ({ kind: 'operator', type: 'merge', operator: passOn(), stores: [] }),
  });
  const watermark = wider(left.watermark, right.watermark);
  return { output: results.children, key, value: null, keyChanged: false, watermark };
}

/** Keys that may have changed go through a topic again. Records without one stay, where they are passed on alone. */
function byKey({ draft }: Dsl, flow: Flow, name: string, keepsKeyless: boolean): Flow {
  if (!flow.keyChanged) return flow;
  if (keepsKeyless) return repartition(draft, flow, { name });
  const output = attach(draft, flow, {
    type: 'require-key',
    name: `${name}-require-key`,
    operator: requireKey,
  });
  return repartition(draft, { ...flow, output }, { name });
}

function declareStores(left: Flow, right: Flow, options: StreamJoinOptions): Stores {
  const { name, beforeMs, afterMs, store } = options;
  const windowSizeMs = beforeMs + afterMs;
  const declare = (side: string, flow: Flow): StoreDeclaration => ({
    name: `${name}-${side}`,
    kind: 'window',
    key: serdeOf(flow.key),
    value: waitingRecordsSerde(serdeOf(flow.value)) as unknown as Serde<unknown>,
    retentionMs: windowSizeMs + retentionOf(options),
    windowSizeMs,
    changelog: store?.changelog ?? true,
  });
  return { left: declare('left', left), right: declare('right', right) };
}

function requireSpans(options: StreamJoinOptions): void {
  for (const option of ['beforeMs', 'afterMs', 'graceMs'] as const) {
    const value = options[option];
    if (Number.isSafeInteger(value) && (value >= 0 || option !== 'graceMs')) continue;
    throw new TopologyError(
      `Cannot join ${options.name}: ${option} is ${String(value)}; it must be a whole number of milliseconds${option === 'graceMs' ? ', 0 or more' : ''}.`,
    );
  }
  if (options.beforeMs + options.afterMs >= 0) return;
  throw new TopologyError(
    `Cannot join ${options.name}: the window ends before it begins (beforeMs ${options.beforeMs} + afterMs ${options.afterMs} is negative).`,
  );
}
