/** Aggregate nodes: the operator, its store, and what is known of the table behind it. */
import { TopologyError } from '../../errors/streams.error.ts';
import { aggregate } from '../../processor/operators/aggregate.ts';
import type { WindowedAggregateOptions } from '../../processor/operators/aggregate-definition.ts';
import { windowedAggregate } from '../../processor/operators/windowed-aggregate.ts';
import type { Serde } from '../../serde/serde.ts';
import { windowed } from '../../serde/windowed.serde.ts';
import type { AlignedWindow, Emit } from '../../time/window.ts';
import type { WindowedOptions } from '../grouped-stream.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { KTable, WindowedKTable } from '../ktable.ts';
import type { Aggregation } from './aggregation.ts';
import { declareTable, declareWindowedTable, type NamedStore } from './declared-table.ts';
import type { Dsl } from './dsl.ts';
import { serdeOf, type Flow } from './flow.ts';
import { earlyAggregation } from './early-aggregation.ts';
import { TableHead } from './table-origin.ts';

export type NamedAggregation = Aggregation & { readonly name: string };

export function declareAggregate(
  dsl: Dsl,
  flow: Flow,
  aggregation: NamedAggregation,
): KTable<unknown, unknown> {
  const { name } = aggregation;
  const store: NamedStore = { name: aggregation.store.name ?? name };
  const head = new TableHead(store);
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    spec: () => {
      const declared = declareStore(flow, aggregation, store.name, {
        kind: 'keyValue',
        retentionMs: null,
        windowSizeMs: null,
      });
      const { passing } = head;
      const operator = aggregate({ name, ...aggregation.definition }, declared, passing);
      return { kind: 'operator', type: 'aggregate', operator, stores: [declared], reads: passing.companions };
    },
  });
  return declareTable(dsl, behind(flow, node.children, aggregation), store, head.backing);
}

export function declareWindowedAggregate(
  dsl: Dsl,
  flow: Flow,
  aggregation: NamedAggregation,
  window: AlignedWindow,
  options: WindowedOptions<unknown, unknown, Emit>,
): WindowedKTable<unknown, unknown> {
  const { name } = aggregation;
  const kept = typeof options.emit === 'object' ? earlyAggregation(aggregation) : aggregation;
  const operatorOptions = windowOptions(name, window, options);
  const span = {
    kind: 'window',
    retentionMs: retention(aggregation, operatorOptions),
    windowSizeMs: window.sizeMs,
  } as const;
  const store: NamedStore = { name: aggregation.store.name ?? name };
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    numSideOutputs: operatorOptions.late === 'sideOutput' ? 1 : 0,
    spec: () => {
      const declared = declareStore(flow, kept, store.name, span);
      const operator = windowedAggregate({ name, ...kept.definition }, declared, operatorOptions);
      return { kind: 'operator', type: 'windowed-aggregate', operator, stores: [declared] };
    },
  });
  if (typeof options.late === 'function') options.late(dsl.stream({ ...flow, output: node.sideOutputs[0]! }));
  const results = behind(flow, node.children, aggregation);
  return declareWindowedTable(
    dsl,
    { ...results, key: windowed(serdeOf(results.key)) as Serde<unknown> },
    store,
    operatorOptions.graceMs,
  );
}

export function behind(flow: Flow, output: Flow['output'], { store, resultSerde }: NamedAggregation): Flow {
  return { ...flow, output, key: store.key ?? flow.key, value: resultSerde };
}

export function declareStore(
  flow: Flow,
  { definition, store, stateSerde }: NamedAggregation,
  name: string,
  span: Pick<StoreDeclaration, 'kind' | 'retentionMs' | 'windowSizeMs'>,
): StoreDeclaration {
  return {
    name,
    key: store.key ?? serdeOf(flow.key),
    value: store.value ?? stateSerde,
    changelog: store.changelog ?? true,
    shown: definition.result,
    ...span,
  };
}

function windowOptions(
  name: string,
  window: AlignedWindow,
  { graceMs, emit = 'updates', late = 'drop' }: WindowedOptions<unknown, unknown, Emit>,
): WindowedAggregateOptions {
  requireGrace(name, graceMs);
  requireEmit(name, emit);
  return {
    sizeMs: window.sizeMs,
    advanceMs: window.kind === 'hopping' ? window.advanceMs : window.sizeMs,
    graceMs,
    emit,
    late: typeof late === 'function' ? 'sideOutput' : late,
  };
}

export function requireGrace(name: string, graceMs: number): void {
  if (Number.isSafeInteger(graceMs) && graceMs >= 0) return;
  throw new TopologyError(
    `Cannot window ${name}: graceMs is ${String(graceMs)}; it must be a whole number of milliseconds, 0 or more.`,
  );
}

export function requireEmit(name: string, emit: Emit): void {
  if (typeof emit === 'string' || (Number.isSafeInteger(emit.everyMs) && emit.everyMs > 0)) return;
  throw new TopologyError(
    `Cannot window ${name}: emit.everyMs is ${String(emit.everyMs)}; it must be a whole number of milliseconds above 0.`,
  );
}

function retention({ name, store }: NamedAggregation, { sizeMs, graceMs }: WindowedAggregateOptions): number {
  const least = sizeMs + graceMs;
  const retentionMs = store.retentionMs ?? least;
  if (retentionMs >= least) return retentionMs;
  throw new TopologyError(
    `Cannot window ${name}: its store keeps windows for ${retentionMs} ms, but they are open for ${least} ms (size + grace).`,
  );
}
