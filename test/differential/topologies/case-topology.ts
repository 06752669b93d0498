/** The topology of a case; bench/peer's differential/CaseTopology.java builds the same on Kafka Streams. */
import {
  string,
  StreamsBuilder,
  type KGroupedStream,
  type KStream,
  type Topology as BuiltTopology,
} from '@hiveframe/streams';
import type {
  AggregateCase,
  ForeignKeyCase,
  StreamJoinCase,
  StreamVersionedTableCase,
  SuppressCase,
  TopologyCase,
} from '../case.ts';
import { append, groupOf, keeps, map, pair } from './functions.ts';
import { tablesOf, type Table } from './table-expressions.ts';
import { timedTexts, OUTPUT, TOPICS } from './topics.ts';
import { windowResults } from './windowed-case.ts';

export type Texts = KStream<string, string | null>;
type Selector = (value: string) => string;
type Grouped = KGroupedStream<string, string, { readonly key: string }>;

export function caseTopology(testCase: TopologyCase): BuiltTopology {
  const builder = new StreamsBuilder();
  results(builder, testCase).to(OUTPUT);
  return builder.build();
}

function results(builder: StreamsBuilder, testCase: TopologyCase): Texts {
  switch (testCase.kind) {
    case 'window':
      return windowResults(
        grouped(builder.stream(testCase.timeFromValue ? timedTexts : TOPICS.a), testCase.regroup),
        testCase,
      );
    case 'aggregate':
      return aggregate(grouped(builder.stream(TOPICS.a), testCase.regroup), testCase);
    case 'streamJoin':
      return streamJoin(builder, testCase);
    case 'streamTable': {
      const join = testCase.join === 'inner' ? 'join' : 'leftJoin';
      const options = { name: 'joined', joiner: pair };
      return orNull(builder.stream(TOPICS.a)[join](tablesOf(builder)(testCase.table), options));
    }
    case 'streamVersionedTable':
      return streamVersionedTable(builder, testCase);
    case 'streamGlobalTable': {
      const join = testCase.join === 'inner' ? 'join' : 'leftJoin';
      const table = builder.globalTable(TOPICS.b, { name: 'rows' });
      return orNull(builder.stream(TOPICS.a)[join](table, { name: 'joined', keyOf: groupOf, joiner: pair }));
    }
    case 'table':
      return tablesOf(builder)(testCase.table).toStream();
    case 'foreignKey':
      return foreignKey(builder, testCase).toStream();
    case 'suppress':
      return suppressed(builder, testCase);
    case 'merge':
      return builder.stream(TOPICS.a).merge(builder.stream(TOPICS.b)).mapValues(map);
  }
}

/** The same stream: a stream of texts is one of texts or null. */
const orNull = (stream: KStream<string, string>): Texts => stream as unknown as Texts;

function streamVersionedTable(builder: StreamsBuilder, testCase: StreamVersionedTableCase): Texts {
  const { historyRetentionMs, graceMs, made } = testCase;
  let table = builder.table(TOPICS.b, { name: 'rows', store: { historyRetentionMs } });
  for (const op of made) table = op === 'filter' ? table.filter(keeps) : (table.mapValues(map) as Table);
  const options = { name: 'joined', joiner: pair, ...(graceMs === null ? {} : { graceMs }) };
  const stream = builder.stream(TOPICS.a);
  return orNull(testCase.join === 'inner' ? stream.join(table, options) : stream.leftJoin(table, options));
}

function foreignKey(builder: StreamsBuilder, testCase: ForeignKeyCase): Table {
  const { join, stored } = testCase;
  const table = tablesOf(builder);
  const [left, right] = [table(testCase.left), table(testCase.right)];
  const store = stored ? { store: { name: 'kept' } } : {};
  const options = { name: 'joined', foreignKey: groupOf, joiner: pair, ...store };
  return join === 'inner' ? left.join(right, options) : left.leftJoin(right, options);
}

function suppressed(builder: StreamsBuilder, { limitMs, maxRecords }: SuppressCase): Texts {
  const buffer = maxRecords === null ? {} : { buffer: { maxRecords, whenFull: 'emitEarly' } as const };
  return builder
    .table(TOPICS.a, { name: 'rows' })
    .suppress({ name: 'held', until: 'timeLimit', limitMs, ...buffer })
    .toStream();
}

function grouped(stream: KStream<string, string>, regroup: boolean): Grouped {
  const options = { name: 'grouped', key: string(), value: string() };
  return regroup
    ? (stream.groupBy<Selector>((value) => groupOf(value)!, options) as unknown as Grouped)
    : stream.groupByKey(options);
}

function aggregate(of: Grouped, { aggregation }: AggregateCase): Texts {
  switch (aggregation) {
    case 'count':
      return of
        .count()
        .toStream()
        .mapValues<string | null>((count) => String(count));
    case 'reduce':
      return of.reduce({ reducer: append }).toStream();
    case 'aggregate':
      return of.aggregate({ initializer: () => '', aggregator: append }).toStream();
  }
}

function streamJoin(builder: StreamsBuilder, testCase: StreamJoinCase): Texts {
  const { join, beforeMs, afterMs, graceMs } = testCase;
  const options = { name: 'joined', beforeMs, afterMs, graceMs, joiner: pair };
  const [left, right] = [builder.stream(TOPICS.a), builder.stream(TOPICS.b)];
  if (join === 'outer') return orNull(left.outerJoin(right, options));
  return orNull(join === 'inner' ? left.join(right, options) : left.leftJoin(right, options));
}
