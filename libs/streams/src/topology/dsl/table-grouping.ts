/** KGroupedTable, as the DSL makes it: changes travel to their groups by way of a topic of the application. */
import type { AliasedAggregate } from '../../column/aggregate.ts';
import { groupRows } from '../../processor/operators/group-rows.ts';
import { rowChange } from '../../processor/operators/row-change.ts';
import type { KeyValue } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { CountOptions, GroupedOptions } from '../grouped-stream.ts';
import type { KGroupedTable, TableAggregateOptions, TableReduceOptions } from '../grouped-table.ts';
import type { KTable } from '../ktable.ts';
import type { Aggregation } from './aggregation.ts';
import { columnsOfRows } from './columns-of-rows.ts';
import { declareAggregate } from './declare-aggregate.ts';
import type { Dsl } from './dsl.ts';
import { attach, serdeOf, type Flow } from './flow.ts';
import type { Mapper } from './predicate.ts';
import * as aggregations from './table-aggregation.ts';
import { repartition } from './through-topic.ts';

type Table = KTable<unknown, unknown>;
type Options = GroupedOptions<unknown, unknown>;

class DeclaredTableGrouping {
  readonly kind = 'groupedTable';
  readonly #declare: (aggregation: Aggregation) => Table;

  constructor(declare: (aggregation: Aggregation) => Table) {
    this.#declare = declare;
  }

  agg(...aggregates: readonly AliasedAggregate<unknown, string, unknown>[]): Table {
    return this.#declare(columnsOfRows(aggregates));
  }
  aggregate<VA>(options: TableAggregateOptions<unknown, unknown, VA>): KTable<unknown, VA> {
    const untyped = options as unknown as TableAggregateOptions<unknown, unknown, unknown>;
    return this.#declare(aggregations.aggregatingRows(untyped)) as KTable<unknown, VA>;
  }
  reduce(options: TableReduceOptions<unknown, unknown>): Table {
    return this.#declare(aggregations.reducingRows(options));
  }
  count(options: CountOptions<unknown> = {}): KTable<unknown, number> {
    return this.#declare(aggregations.countingRows(options)) as KTable<unknown, number>;
  }
}

/** @param flow of rows with those before them */
export function declareTableGrouping(
  dsl: Dsl,
  flow: Flow,
  selector: Mapper<KeyValue<unknown, unknown>>,
  options: Options,
): KGroupedTable<unknown, unknown> {
  let grouped: Flow | null = null;
  const once = (): Flow => (grouped ??= sendToGroups(dsl, flow, selector, options));
  const grouping = new DeclaredTableGrouping((aggregation) =>
    declareAggregate(dsl, once(), { name: options.name, ...aggregation }),
  );
  return grouping as unknown as KGroupedTable<unknown, unknown>;
}

function sendToGroups(
  { draft }: Dsl,
  flow: Flow,
  selector: Mapper<KeyValue<unknown, unknown>>,
  { name, key: keySerde, value: valueSerde, numPartitions }: Options,
): Flow {
  const key = serdeOf(keySerde ?? null);
  const output = attach(draft, flow, {
    type: 'group-rows',
    name: `${name}-key`,
    operator: (nodeName) => groupRows(nodeName, selector, key),
  });
  const value = rowChange(serdeOf(valueSerde ?? null)) as Serde<unknown>;
  return repartition(draft, { ...flow, output }, { name, key, value, numPartitions });
}
