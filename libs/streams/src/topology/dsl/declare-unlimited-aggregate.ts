/** Aggregation in one window that never ends (Kafka Streams: UnlimitedWindows): an aggregate by key, given as a window's. */
import { aggregate } from '../../processor/operators/aggregate.ts';
import type { Operator } from '../../processor/operator.ts';
import type { Serde } from '../../serde/serde.ts';
import { windowed } from '../../serde/windowed.serde.ts';
import type { TimeSpan } from '../../record/record.ts';
import { UNLIMITED_END_MS, type UnlimitedWindow } from '../../time/window.ts';
import type { FinalRows } from '../ktable.ts';
import { behind, declareStore, type NamedAggregation } from './declare-aggregate.ts';
import { declareWindowedRows } from './declared-table.ts';
import type { Dsl } from './dsl.ts';
import { attach, serdeOf, type Flow } from './flow.ts';

export function declareUnlimitedAggregate(
  dsl: Dsl,
  flow: Flow,
  aggregation: NamedAggregation,
  { startMs }: UnlimitedWindow,
): FinalRows<unknown, unknown> {
  const { name, definition } = aggregation;
  const { draft } = dsl;
  const window: TimeSpan = { startMs, endMs: UNLIMITED_END_MS };
  const store = aggregation.store.name ?? name;
  const within = attach(draft, flow, {
    type: 'since',
    name: `${name}-since`,
    operator: () => since(startMs),
  });
  const node = draft.add({
    name,
    parents: [within],
    spec: () => {
      const span = { kind: 'keyValue', retentionMs: null, windowSizeMs: null } as const;
      const declared = declareStore(flow, aggregation, store, span);
      const result = (of: unknown, key: unknown) => definition.result(of, key, window);
      const operator = aggregate({ name, ...definition, result }, declared);
      return { kind: 'operator', type: 'unlimited-aggregate', operator, stores: [declared] };
    },
  });
  const results = behind(flow, node.children, aggregation);
  const output = attach(draft, results, {
    type: 'window-key',
    name: `${name}-window`,
    operator: () => inWindow(window),
  });
  const key = windowed(serdeOf(results.key)) as Serde<unknown>;
  return declareWindowedRows(dsl, { ...results, output, key });
}

function since(startMs: number): Operator {
  return {
    build: (_context, next) => (key, value, timestampMs) => {
      if (timestampMs >= startMs) next(key, value, timestampMs);
    },
  };
}

function inWindow(window: TimeSpan): Operator {
  return {
    build: (_context, next) => (key, value, timestampMs) => next({ key, window }, value, timestampMs),
  };
}
