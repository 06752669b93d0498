import { string, type KGroupedTable, type KTable, type StreamsBuilder } from '@hiveframe/streams';
import type { TableAggregation, TableExpression } from '../case.ts';
import { append, EMPTY_BAG, groupOf, keeps, map, pair, putIn, remove, takeOut } from './functions.ts';
import { TOPICS } from './topics.ts';

export type Table = KTable<string, string>;

/** All tables of a topology, each with a name of its own. */
export function tablesOf(builder: StreamsBuilder): (expression: TableExpression) => Table {
  let count = 0;
  const name = (): string => `table-${++count}`;
  const own = (stored: boolean) => (stored ? { store: { name: name() } } : {});

  function table(of: TableExpression): Table {
    switch (of.op) {
      case 'source':
        return source(of);
      case 'toTable':
        return builder.stream(TOPICS[of.topic]).mapValues(map).toTable({ name: name() });
      case 'filter':
        return table(of.of).filter(keeps, own(of.stored));
      case 'mapValues':
        return table(of.of).mapValues(map, own(of.stored)) as Table;
      case 'group':
        return aggregated(grouped(table(of.of)), of.aggregation);
      case 'join':
        return joined(of);
    }
  }

  function source({ topic, historyRetentionMs }: TableExpression & { op: 'source' }): Table {
    const versions = historyRetentionMs === undefined ? {} : { store: { historyRetentionMs } };
    return builder.table(TOPICS[topic], { name: name(), ...versions });
  }

  function grouped(of: Table): KGroupedTable<string, string> {
    const selector = (value: string) => ({ key: groupOf(value), value });
    return of.groupBy(selector, { name: name(), key: string(), value: string() });
  }

  function joined({ join, left, right, stored }: TableExpression & { op: 'join' }): Table {
    const options = { name: name(), joiner: pair, ...own(stored) };
    const [leftTable, rightTable] = [table(left), table(right)];
    if (join === 'outer') return leftTable.outerJoin(rightTable, options);
    return join === 'inner' ? leftTable.join(rightTable, options) : leftTable.leftJoin(rightTable, options);
  }

  return table;
}

function aggregated(of: KGroupedTable<string, string>, aggregation: TableAggregation): Table {
  switch (aggregation) {
    case 'count':
      return of.count().mapValues(String);
    case 'reduce':
      return of.reduce({ adder: append, subtractor: remove });
    case 'aggregate':
      return of.aggregate({ initializer: () => '', adder: append, subtractor: remove });
    case 'bag':
      return of.aggregate({
        initializer: (): string | null => EMPTY_BAG,
        adder: putIn,
        subtractor: takeOut,
      }) as Table;
  }
}
