/** Topologies by chance. */
import fc from 'fast-check';
import type {
  AggregateCase,
  ForeignKeyCase,
  MergeCase,
  StreamGlobalTableCase,
  StreamJoinCase,
  StreamTableCase,
  StreamVersionedTableCase,
  SuppressCase,
  TableCase,
  Topic,
  TopologyCase,
  WindowCase,
  WindowKind,
} from '../case.ts';
import {
  isGrouped,
  isMadeOfTables,
  madeOfOne,
  replaceEach,
  retentionOf,
  sourcesOf,
  tableOf,
} from './tables.ts';

type Arb<T> = fc.Arbitrary<T>;

/** By which a record is ahead of all others. */
export const LONGEST_JUMP_MS = 40;
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

export const tableCase: Arb<TableCase> = fc.record({
  kind: fc.constant('table'),
  table: tableOf('a', 'b').filter((table) => !isMadeOfTables(table)),
});
/** Without deletions of what is not there (a stream made a table gives them): Kafka Streams passes them on, and they would show in what
 *  is made of it. */
const existingTables = tableOf('a', 'b').filter(
  (table) => isMadeOfTables(table) && !JSON.stringify(table).includes('toTable'),
);
export const madeOfTables: Arb<TableCase> = fc.record({
  kind: fc.constant('table'),
  table: existingTables,
});
/** Joins, without groups. */
export const tableJoinCase: Arb<TableCase> = fc.record({
  kind: fc.constant('table'),
  table: tableOf('a', 'b', 'c').filter((table) => isMadeOfTables(table) && !isGrouped(table)),
});
/** What a table that keeps versions passes on, Kafka Streams judges where it is grouped or joined: a store on the way there would take
 *  older updates for new ones. */
export const madeOfVersionedTables: Arb<TableCase> = fc
  .record({ table: existingTables, historyRetentionMs: ms(60, 1) })
  .map(({ table, historyRetentionMs }) => ({
    kind: 'table',
    table: replaceEach(table, (one) => {
      if (one.op === 'source') return { ...one, historyRetentionMs };
      return 'stored' in one && one.op !== 'join' ? { ...one, stored: false } : one;
    }),
  }));
export const foreignKeyCase: Arb<ForeignKeyCase> = fc.record({
  kind: fc.constant('foreignKey'),
  join: lookupKind,
  left: madeOfOne('a'),
  right: madeOfOne('b'),
  stored: fc.boolean(),
});
export const streamTableCase: Arb<StreamTableCase> = fc.record({
  kind: fc.constant('streamTable'),
  join: lookupKind,
  table: tableOf('b', 'c'),
});
const streamVersionedTable = {
  kind: fc.constant('streamVersionedTable' as const),
  join: lookupKind,
  historyRetentionMs: ms(60, 1),
  made: fc.array(fc.constantFrom('filter' as const, 'mapValues' as const), { maxLength: 2 }),
};
export const versionedTableCase: Arb<StreamVersionedTableCase> = fc.record({
  ...streamVersionedTable,
  graceMs: fc.constant(null),
});
/** Kafka Streams joins what is held back when the time has moved, and may have forgotten the row by then. */
export const heldBackCase: Arb<StreamVersionedTableCase> = fc
  .record({ ...streamVersionedTable, graceMs: ms(30, 1) })
  .map((join) => ({ ...join, historyRetentionMs: join.graceMs + LONGEST_JUMP_MS + join.historyRetentionMs }));
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

/** Of its tables that keep versions; null: there are none. */
export function historyOf(topology: TopologyCase): { retentionMs: number; tables: Topic[] } | null {
  if (topology.kind === 'streamVersionedTable')
    return { retentionMs: topology.historyRetentionMs, tables: ['b'] };
  if (topology.kind !== 'table') return null;
  const retentionMs = retentionOf(topology.table);
  return retentionMs === undefined ? null : { retentionMs, tables: sourcesOf(topology.table) };
}

/** The topics that it reads. */
export function topicsOf(topology: TopologyCase): Topic[] {
  switch (topology.kind) {
    case 'window':
    case 'aggregate':
    case 'suppress':
      return ['a'];
    case 'streamJoin':
    case 'streamGlobalTable':
    case 'streamVersionedTable':
    case 'foreignKey':
    case 'merge':
      return ['a', 'b'];
    case 'streamTable':
      return ['a', ...sourcesOf(topology.table)];
    case 'table':
      return sourcesOf(topology.table);
  }
}
