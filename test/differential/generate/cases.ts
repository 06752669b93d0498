/** Chance makes cases; what fails is made smaller by fast-check. */
import fc from 'fast-check';
import type { Case, TopologyCase } from '../case.ts';
import { inputs, type InputOptions } from './inputs.ts';
import {
  bothSides,
  bothTimesFirst,
  deletingRows,
  deletingVersions,
  differentTimes,
  oneByOne,
  someAtOnce,
  timeFirst,
  withoutForgotten,
  type ToSteps,
} from './steps.ts';
import * as topologies from './topologies.ts';

type Arb<T> = fc.Arbitrary<T>;

interface CaseOptions extends Partial<InputOptions> {
  readonly toSteps?: ToSteps;
}

function casesOf<T extends TopologyCase>(
  topology: Arb<T>,
  { toSteps = oneByOne, ...options }: CaseOptions = {},
): Arb<Case> {
  const here = fc.record({
    crashesAfter: fc.array(fc.nat({ max: 23 }), { maxLength: 2 }),
    cachesNothing: fc.boolean(),
  });
  return topology.chain((drawn) =>
    fc.record({
      topology: fc.constant(drawn),
      steps: stepsOf(drawn, options, isRegrouped(drawn) ? oneByOne : toSteps),
      here,
    }),
  );
}

function stepsOf(
  topology: TopologyCase,
  options: Partial<InputOptions>,
  toSteps: ToSteps,
): Arb<Case['steps']> {
  const steps = inputs({ topics: topologies.topicsOf(topology), ...options }).chain(toSteps);
  const history = topologies.historyOf(topology);
  return history === null
    ? steps
    : steps.map((all) => withoutForgotten(all, history.retentionMs, history.tables));
}

/** Behind a repartition topic a record is late if it was where it came from: what is written together is late together. */
function isRegrouped(topology: TopologyCase): boolean {
  return 'regroup' in topology && topology.regroup;
}

/** By kind: each is tried as often as every other. */
export const CASES = {
  tumbling: casesOf(topologies.windowCase('tumbling'), { toSteps: someAtOnce }),
  hopping: casesOf(topologies.windowCase('hopping'), { toSteps: someAtOnce }),
  sliding: casesOf(topologies.windowCase('sliding'), { toSteps: someAtOnce }),
  session: casesOf(topologies.windowCase('session'), { toSteps: someAtOnce }),
  'event-time': casesOf(topologies.eventTimeCase, { timeFromValue: true, nullValues: false }),
  aggregate: casesOf(topologies.aggregateCase, { toSteps: someAtOnce }),
  'stream-join': casesOf(topologies.streamJoinCase, {
    distinct: true,
    toSteps: bothSides,
    fromMs: 100, // Kafka Streams cuts windows off at 0, and joins with what lies there
  }),
  'stream-table-join': casesOf(topologies.streamTableCase),
  'stream-versioned-table-join': casesOf(topologies.versionedTableCase, { toSteps: bothTimesFirst }),
  'stream-versioned-table-join-with-grace': casesOf(topologies.heldBackCase, {
    nullKeys: false, // Kafka Streams' buffer fails for them
    toSteps: bothTimesFirst,
  }),
  'stream-global-table-join': casesOf(topologies.streamGlobalTableCase),
  table: casesOf(topologies.tableCase),
  'table-joins': casesOf(topologies.tableJoinCase),
  'table-of-tables': casesOf(topologies.madeOfTables, { toSteps: deletingRows }),
  'versioned-tables': casesOf(topologies.madeOfVersionedTables, { toSteps: deletingVersions }),
  'foreign-key-join': casesOf(topologies.foreignKeyCase),
  suppress: casesOf(topologies.untilTimeLimit, { toSteps: timeFirst, nullValues: false }),
  'suppress-until-full': casesOf(topologies.untilFull, { toSteps: differentTimes, nullValues: false }),
  merge: casesOf(topologies.mergeCase),
} satisfies Record<string, Arb<Case>>;
export type CaseKind = keyof typeof CASES;
