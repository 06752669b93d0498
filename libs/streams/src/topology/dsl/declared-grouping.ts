/** KGroupedStream and WindowedKStream, as the DSL makes them. */
import type { GroupColumns } from '../../column/column-aggregation.ts';
import type { AliasedAggregate } from '../../column/aggregate.ts';
import { requireKey } from '../../processor/operators/require-key.ts';
import type { Emit, UnlimitedWindow, Window } from '../../time/window.ts';
import type {
  AggregateOptions,
  CountOptions,
  GroupedOptions,
  KGroupedStream,
  ReduceOptions,
  WindowedOptions,
} from '../grouped-stream.ts';
import type { KTable, WindowedKTable } from '../ktable.ts';
import * as aggregations from './aggregation.ts';
import { declareAggregate, declareWindowedAggregate } from './declare-aggregate.ts';
import { declareRecordAlignedAggregate } from './declare-record-aligned-aggregate.ts';
import { declareUnlimitedAggregate } from './declare-unlimited-aggregate.ts';
import type { Dsl } from './dsl.ts';
import { attach, type Flow } from './flow.ts';
import type { KeyedBy } from './merged-repartitions.ts';
import { repartition } from './through-topic.ts';

type Options = GroupedOptions<unknown, unknown>;
type Aggregates = readonly AliasedAggregate<unknown, string, unknown>[];

/** The same four ways to aggregate, whatever becomes of them. */
abstract class Aggregations<Table> {
  readonly #columns: GroupColumns;
  constructor(columns: GroupColumns) {
    this.#columns = columns;
  }
  agg(...aggregates: Aggregates): Table {
    return this.declare(aggregations.ofColumns(aggregates, this.#columns));
  }
  aggregate(options: AggregateOptions<unknown, unknown, unknown>): Table {
    return this.declare(aggregations.ofUser(options));
  }
  reduce(options: ReduceOptions<unknown, unknown>): Table {
    return this.declare(aggregations.reducing(options));
  }
  count(options: CountOptions<unknown> = {}): Table {
    return this.declare(aggregations.counting(options));
  }
  protected abstract declare(aggregation: aggregations.Aggregation): Table;
}

class DeclaredGrouping extends Aggregations<KTable<unknown, unknown>> {
  readonly kind = 'grouped';
  readonly #dsl: Dsl;
  readonly #columns: GroupColumns;
  readonly #name: string;
  /** The grouped records, keyed and partitioned by group; made once, at the first aggregation. */
  readonly #grouped: () => Flow;

  constructor(dsl: Dsl, columns: GroupColumns, name: string, grouped: () => Flow) {
    super(columns);
    this.#dsl = dsl;
    this.#columns = columns;
    this.#name = name;
    this.#grouped = grouped;
  }

  protected override declare(aggregation: aggregations.Aggregation): KTable<unknown, unknown> {
    return declareAggregate(this.#dsl, this.#grouped(), { name: this.#name, ...aggregation });
  }

  windowedBy(
    window: Window | UnlimitedWindow,
    options: Partial<WindowedOptions<unknown, unknown, Emit>> = {},
  ): DeclaredWindowing {
    const name = options.name ?? this.#name;
    return new DeclaredWindowing(this.#columns, window, options.emit ?? 'updates', (aggregation) =>
      this.#declareWindowed({ name, ...aggregation }, window, options),
    );
  }

  #declareWindowed(
    aggregation: aggregations.Aggregation & { readonly name: string },
    window: Window | UnlimitedWindow,
    unchecked: Partial<WindowedOptions<unknown, unknown, Emit>>,
  ): WindowedTable {
    const flow = this.#grouped();
    if (window.kind === 'unlimited')
      return declareUnlimitedAggregate(this.#dsl, flow, aggregation, window) as WindowedTable;
    const options = unchecked as WindowedOptions<unknown, unknown, Emit>; // its grace is looked at there
    return window.kind === 'sliding' || window.kind === 'session'
      ? declareRecordAlignedAggregate(this.#dsl, flow, aggregation, window, options)
      : declareWindowedAggregate(this.#dsl, flow, aggregation, window, options);
  }
}

type WindowedTable = WindowedKTable<unknown, unknown>;

class DeclaredWindowing extends Aggregations<WindowedTable> {
  readonly kind = 'windowed';
  readonly window: Window | UnlimitedWindow;
  readonly emit: Emit;
  readonly #declare: (aggregation: aggregations.Aggregation) => WindowedTable;

  constructor(
    columns: GroupColumns,
    window: Window | UnlimitedWindow,
    emit: Emit,
    declare: (aggregation: aggregations.Aggregation) => WindowedTable,
  ) {
    super(columns);
    this.window = window;
    this.emit = emit;
    this.#declare = declare;
  }

  protected override declare(aggregation: aggregations.Aggregation): WindowedTable {
    return this.#declare(aggregation);
  }
}

/** @param keyed the records with the group as their key
 *  @param keyedBy what they are, so that another grouping may be found to be the same */
export function declareGrouping(
  dsl: Dsl,
  keyed: () => Flow,
  keyedBy: KeyedBy,
  columns: GroupColumns,
  options: Options,
): KGroupedStream<unknown, unknown, unknown> {
  let grouped: Flow | null = null;
  const make = (): Flow => partitionByGroup(dsl, keyed(), options);
  const once = (): Flow => (grouped ??= dsl.merged?.get(keyedBy, options, make) ?? make());
  return new DeclaredGrouping(dsl, columns, options.name, once) as unknown as KGroupedStream<
    unknown,
    unknown,
    unknown
  >;
}

/** Records without a key go before the repartition topic: there they would be spread at random. */
function partitionByGroup({ draft }: Dsl, flow: Flow, options: Options): Flow {
  const output = attach(draft, flow, {
    type: 'require-key',
    name: `${options.name}-require-key`,
    operator: requireKey,
  });
  const checked = { ...flow, output };
  return flow.keyChanged ? repartition(draft, checked, options) : checked;
}
