/** Aggregate nodes over sessions and sliding windows: the operator, its two stores, the table behind it. */
import { TopologyError } from '../../errors/streams.error.ts';
import { keyWindowsSerde } from '../../processor/operators/record-aligned/key-windows.serde.ts';
import { recordAlignedAggregate } from '../../processor/operators/record-aligned/record-aligned-aggregate.ts';
import { Sessions } from '../../processor/operators/record-aligned/sessions.ts';
import { SlidingWindows } from '../../processor/operators/record-aligned/sliding-windows.ts';
import type {
  RecordAlignedDefinition,
  WindowLayout,
} from '../../processor/operators/record-aligned/window-layout.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import { windowed } from '../../serde/windowed.serde.ts';
import type { Emit, RecordAlignedWindow } from '../../time/window.ts';
import type { WindowedOptions } from '../grouped-stream.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { WindowedKTable } from '../ktable.ts';
import {
  behind,
  declareStore,
  requireEmit,
  requireGrace,
  type NamedAggregation,
} from './declare-aggregate.ts';
import { declareWindowedTable, type NamedStore } from './declared-table.ts';
import type { Dsl } from './dsl.ts';
import { serdeOf, type Flow } from './flow.ts';

export function declareRecordAlignedAggregate(
  dsl: Dsl,
  flow: Flow,
  aggregation: NamedAggregation,
  window: RecordAlignedWindow,
  { graceMs, emit = 'updates', late = 'drop' }: WindowedOptions<unknown, unknown, Emit>,
): WindowedKTable<unknown, unknown> {
  const { name } = aggregation;
  requireGrace(name, graceMs);
  requireEmit(name, emit);
  refuseRetention(aggregation);
  const definition = define(aggregation, window);
  const layout = layOut(definition, window, graceMs);
  const store: NamedStore = { name: aggregation.store.name ?? name };
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    numSideOutputs: typeof late === 'function' ? 1 : 0,
    spec: () => {
      const stores = declareStores(flow, aggregation, store.name, layout);
      const operator = recordAlignedAggregate(definition, layout, stores, {
        emit,
        late: typeof late === 'function' ? 'sideOutput' : late,
      });
      const type = `${window.kind}-aggregate`;
      return { kind: 'operator', type, operator, stores: [stores.windows, stores.timers] };
    },
  });
  if (typeof late === 'function') late(dsl.stream({ ...flow, output: node.sideOutputs[0]! }));
  const results = behind(flow, node.children, aggregation);
  const key = windowed(serdeOf(results.key)) as Serde<unknown>;
  const closesAfterMs = layout.closesAtMs({ startMs: 0, endMs: 0 });
  return declareWindowedTable(dsl, { ...results, key }, store, closesAfterMs);
}

/** How long a window is kept follows from how long it can change. */
function refuseRetention({ name, store: { retentionMs } }: NamedAggregation): void {
  if (retentionMs === undefined) return;
  throw new TopologyError(
    `Cannot window ${name}: retentionMs is for tumbling and hopping windows; sessions and sliding windows are kept while they can change. Leave it out.`,
  );
}

function define(
  { name, definition, merger, stateSerde, store }: NamedAggregation,
  window: RecordAlignedWindow,
): RecordAlignedDefinition {
  const serde = store.value ?? stateSerde;
  const context = { topic: name, part: 'value', headers: () => [] } as const;
  return {
    name,
    ...definition,
    merger: merger ?? missingMerger(name, window),
    copy: (aggregate) => serde.deserialize(serde.serialize(aggregate, context), context),
  };
}

function missingMerger(name: string, window: RecordAlignedWindow): RecordAlignedDefinition['merger'] {
  if (window.kind === 'sliding') return () => {};
  throw new TopologyError(
    `Cannot aggregate ${name} in sessions: when two sessions become one, their aggregates must too. Give a merger.`,
  );
}

function layOut(
  definition: RecordAlignedDefinition,
  window: RecordAlignedWindow,
  graceMs: number,
): WindowLayout {
  return window.kind === 'session'
    ? new Sessions(definition, window.gapMs, graceMs)
    : new SlidingWindows(definition, window.differenceMs, graceMs);
}

function declareStores(
  flow: Flow,
  aggregation: NamedAggregation,
  name: string,
  { spanMs }: WindowLayout,
): { windows: StoreDeclaration; timers: StoreDeclaration } {
  const keyValue = { kind: 'keyValue', retentionMs: null, windowSizeMs: null } as const;
  const windows = declareStore(flow, aggregation, name, keyValue);
  const value = keyWindowsSerde(windows.value) as unknown as Serde<unknown>;
  const timers: StoreDeclaration = {
    ...windows,
    name: `${name}-timers`,
    kind: 'window',
    value: double() as unknown as Serde<unknown>,
    retentionMs: 2 * spanMs,
    windowSizeMs: spanMs,
  };
  return { windows: { ...windows, value }, timers };
}
