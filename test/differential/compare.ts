/** Compares what came here with what Kafka Streams gave. docs/differences.md tells the differences that are meant; a file in
 *  differences/ knows each of them.
 *  Records of one key keep their order within a step. Of different keys, the order in which results of one instant leave is no promise
 *  of either side: stores walk their keys as they like. */
import type { Case, ForeignKeyCase, OutputRecord, Outputs, TableExpression, WindowCase } from './case.ts';
import { joinsThatWait } from './differences/joins-that-wait.ts';
import { rowsThatChange, rowsThatDiffer } from './differences/rows-that-change.ts';
import { withoutMissingRows } from './differences/rows-that-stay-missing.ts';
import { cameBack, without } from './differences/sessions-that-stay-closed.ts';
import { isSliding, withWholeWindows } from './differences/sliding-windows.ts';
import { timesByTheLeft } from './differences/times-by-the-left.ts';

export interface Comparison {
  readonly expected: Outputs;
  readonly actual: Outputs;
}

export function compare(testCase: Case, ofKafkaStreams: Outputs, ofThisProject: Outputs): Comparison {
  const { expected, actual } = allowDifferences(testCase, ofKafkaStreams, ofThisProject);
  const sorted = testCase.topology.kind === 'streamJoin' ? inAnyOrder : inOrderOfKeys;
  return { expected: sorted(expected), actual: sorted(actual) };
}

function allowDifferences(testCase: Case, theirs: Outputs, ours: Outputs): Comparison {
  const { topology } = testCase;
  switch (topology.kind) {
    case 'streamJoin':
      return { expected: joinsThatWait(testCase, topology, theirs), actual: ours };
    case 'aggregate':
      return { expected: lastOfEachKey(theirs), actual: ours };
    case 'suppress':
      return { expected: rowsThatChange(theirs), actual: ours };
    case 'table': {
      const rows = (outputs: Outputs) => {
        const changes = rowsThatChange(lastOfEachKey(outputs));
        return numGroups(topology.table) > 1 ? rowsThatDiffer(changes) : changes;
      };
      const expected =
        numGroups(topology.table) > 0 ? theirs : withoutMissingRows([topology.table], testCase.steps, theirs);
      return { expected: rows(expected), actual: rows(ours) };
    }
    case 'foreignKey':
      return { expected: rowsByForeignKey(testCase, topology, theirs), actual: ours };
    case 'window':
      return windows(testCase, topology, theirs, ours);
    case 'streamTable':
    case 'streamVersionedTable':
    case 'streamGlobalTable':
    case 'merge':
  }
  return { expected: theirs, actual: ours };
}

function rowsByForeignKey(testCase: Case, topology: ForeignKeyCase, theirs: Outputs): Outputs {
  const { left, right } = topology;
  const rows = withoutMissingRows([left, right], testCase.steps, theirs);
  return rowsThatChange(timesByTheLeft(testCase, topology, rows));
}

function windows(testCase: Case, topology: WindowCase, theirs: Outputs, ours: Outputs): Comparison {
  const expected = isSliding(topology) ? withWholeWindows(testCase, topology, theirs) : theirs;
  if (topology.emit === 'updates') return { expected: rowsThatChange(lastOfEachKey(expected)), actual: ours };
  if (topology.window.kind !== 'session') return { expected, actual: ours };
  const back = cameBack(theirs);
  return { expected: without(back, theirs), actual: without(back, ours) };
}

/** Updates are gathered until the commit, and a step is one. */
function lastOfEachKey(outputs: Outputs): Outputs {
  return outputs.map((step) => [...new Map(step.map((record) => [record[0], record])).values()]);
}

/** On the longest way from a source. */
function numGroups(table: TableExpression): number {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return 0;
    case 'join':
      return Math.max(numGroups(table.left), numGroups(table.right));
    case 'group':
      return 1 + numGroups(table.of);
    case 'filter':
    case 'mapValues':
      return numGroups(table.of);
  }
}

function inOrderOfKeys(outputs: Outputs): Outputs {
  return outputs.map((step) => [...step].sort((a, b) => compareKeys(a[0], b[0])));
}

/** Records of one key whose windows close together are given in no order that is promised. */
function inAnyOrder(outputs: Outputs): Outputs {
  return inOrderOfKeys(
    outputs.map((step) => [...step].sort((a, b) => a[2] - b[2] || (a[1]! < b[1]! ? -1 : 1))),
  );
}

function compareKeys(a: OutputRecord[0], b: OutputRecord[0]): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}
