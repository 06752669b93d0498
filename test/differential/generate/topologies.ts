/** Topologies by chance. */
import fc from 'fast-check';
import type {
  AggregateCase,
  MergeCase,
  StreamGlobalTableCase,
  StreamJoinCase,
  StreamTableCase,
  SuppressCase,
  TableCase,
  TableExpression,
  Topic,
  TopologyCase,
  WindowCase,
  WindowKind,
} from '../case.ts';

type Arb<T> = fc.Arbitrary<T>;

const ms = (max: number, min = 0): Arb<number> => fc.integer({ min, max });
const aggregation = fc.constantFrom('count' as const, 'reduce' as const, 'aggregate' as const);
const joinKind = fc.constantFrom('inner' as const, 'left' as const, 'outer' as const);
const lookupKind = fc.constantFrom('inner' as const, 'left' as const);

const windowKinds: Readonly<Record<WindowKind['kind'], Arb<WindowKind>>> = {
  tumbling: fc.record({ kind: fc.constant('tumbling'), sizeMs: ms(20, 1) }),
  hopping: fc
    .record({ kind: fc.constant('hopping' as const), sizeMs: ms(20, 1), advanceMs: ms(20, 1) })
    .map((window) => ({ ...window, advanceMs: Math.min(window.advanceMs, window.sizeMs) })),
  sliding: fc.record({ kind: fc.constant('sliding'), differenceMs: ms(20, 1) }),
  session: fc.record({ kind: fc.constant('session'), gapMs: ms(15, 1) }),
};

export function windowCase(kind: WindowKind['kind']): Arb<WindowCase> {
  return fc.record({
    kind: fc.constant('window'),
    regroup: fc.boolean(),
    window: windowKinds[kind],
    graceMs: ms(15),
    aggregation,
    // Kafka Streams' suppress takes the end of every window as exclusive, and gives those that include it 1 ms early.
    emit:
      kind === 'tumbling' || kind === 'hopping'
        ? fc.constantFrom('updates', 'final', 'suppressed')
        : fc.constantFrom('updates', 'final'),
  });
}
export const aggregateCase: Arb<AggregateCase> = fc.record({
  kind: fc.constant('aggregate'),
  regroup: fc.boolean(),
  aggregation,
});
export const streamJoinCase: Arb<StreamJoinCase> = fc
  .record({
    kind: fc.constant('streamJoin' as const),
    join: joinKind,
    beforeMs: ms(20, -5),
    afterMs: ms(20, -5),
    graceMs: ms(15),
  })
  .map((join) => ({ ...join, afterMs: Math.max(join.afterMs, -join.beforeMs) }));

const { made } = fc.letrec<{ made: TableExpression }>((tie) => ({
  made: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ op: fc.constantFrom('source', 'toTable'), topic: fc.constant('b') }) as Arb<TableExpression>,
    fc.record({
      op: fc.constantFrom('filter', 'mapValues'),
      of: tie('made'),
      stored: fc.boolean(),
    }) as Arb<TableExpression>,
    fc.record({ op: fc.constant('group'), of: tie('made'), aggregation }) as Arb<TableExpression>,
    fc.record({
      op: fc.constant('join'),
      join: joinKind,
      left: tie('made'),
      right: tie('made'),
      stored: fc.boolean(),
    }) as Arb<TableExpression>,
  ),
}));

/** A topic is read once: null for an expression with more sources than there are topics. */
function withTopics(expression: TableExpression, topics: Topic[]): TableExpression | null {
  switch (expression.op) {
    case 'source':
    case 'toTable': {
      const topic = topics.shift();
      return topic === undefined ? null : { ...expression, topic };
    }
    case 'join': {
      const left = withTopics(expression.left, topics);
      const right = withTopics(expression.right, topics);
      return left === null || right === null ? null : { ...expression, left, right };
    }
    case 'filter':
    case 'mapValues':
    case 'group': {
      const of = withTopics(expression.of, topics);
      return of === null ? null : { ...expression, of };
    }
  }
}
function isMadeOfTables(table: TableExpression): boolean {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return false;
    case 'group':
    case 'join':
      return true;
    case 'filter':
    case 'mapValues':
      return isMadeOfTables(table.of);
  }
}
const tableOf = (...topics: Topic[]): Arb<TableExpression> =>
  made
    .map((expression) => withTopics(expression, [...topics]))
    .filter((expression): expression is TableExpression => expression !== null);

export const tableCase: Arb<TableCase> = fc.record({
  kind: fc.constant('table'),
  table: tableOf('a', 'b').filter((table) => !isMadeOfTables(table)),
});
/** Without deletions of what is not there (a stream made a table gives them): Kafka Streams passes them on, and they would show in what
 *  is made of it. */
export const madeOfTables: Arb<TableCase> = fc.record({
  kind: fc.constant('table'),
  table: tableOf('a', 'b').filter(
    (table) => isMadeOfTables(table) && !JSON.stringify(table).includes('toTable'),
  ),
});
export const streamTableCase: Arb<StreamTableCase> = fc.record({
  kind: fc.constant('streamTable'),
  join: lookupKind,
  table: tableOf('b', 'c'),
});
export const streamGlobalTableCase: Arb<StreamGlobalTableCase> = fc.record({
  kind: fc.constant('streamGlobalTable'),
  join: lookupKind,
});
export const untilTimeLimit: Arb<SuppressCase> = fc.record({
  kind: fc.constant('suppress'),
  limitMs: ms(20),
  maxRecords: fc.constant(null),
});
export const untilFull: Arb<SuppressCase> = fc.record({
  kind: fc.constant('suppress'),
  limitMs: fc.constant(100_000),
  maxRecords: ms(3, 1),
});
export const mergeCase: Arb<MergeCase> = fc.record({ kind: fc.constant('merge') });

/** Its time comes from the value. */
export const eventTimeCase: Arb<WindowCase> = fc
  .oneof(windowCase('tumbling'), windowCase('session'))
  .map((window) => ({ ...window, timeFromValue: true, regroup: false }));

/** The topics that it reads. */
export function topicsOf(topology: TopologyCase): Topic[] {
  switch (topology.kind) {
    case 'window':
    case 'aggregate':
    case 'suppress':
      return ['a'];
    case 'streamJoin':
    case 'streamGlobalTable':
    case 'merge':
      return ['a', 'b'];
    case 'streamTable':
      return ['a', ...sourcesOf(topology.table)];
    case 'table':
      return sourcesOf(topology.table);
  }
}
function sourcesOf(table: TableExpression): Topic[] {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return [table.topic];
    case 'join':
      return [...sourcesOf(table.left), ...sourcesOf(table.right)];
    case 'filter':
    case 'mapValues':
    case 'group':
      return sourcesOf(table.of);
  }
}
