/** A difference that is meant hides no other: a wrong result beside it is noticed. */
import { describe, expect, it } from '@jest/globals';
import type { Case, OutputRecord, Outputs, TopologyCase } from './case.ts';
import { compare } from './compare.ts';
import { isSliding, SlidingWindows } from './differences/sliding-windows.ts';
import { readFixtures } from './fixtures.ts';
import { reportOf } from './report.ts';

const here = { crashesAfter: [], cachesNothing: false };
const isEqual = (testCase: Case, theirs: Outputs, ours: Outputs): boolean =>
  reportOf(testCase, compare(testCase, theirs, ours)) === null;

/** All outputs in which one record has another value, or is missing. */
function* spoilt(outputs: Outputs): Iterable<Outputs> {
  for (const [at, step] of outputs.entries()) {
    for (const [index, [key, , timestampMs]] of step.entries()) {
      const wrong: OutputRecord = [key, 'wrong', timestampMs];
      for (const records of [step.with(index, wrong), step.toSpliced(index, 1)])
        yield outputs.map((other, place) => (place === at ? records : other));
    }
  }
}

interface Difference {
  readonly topology: TopologyCase;
  readonly steps: Case['steps'];
  readonly theirs: Outputs;
  readonly ours: Outputs;
}

const MEANT: Record<string, Difference> = {
  'a sliding window that Kafka Streams begins without a record that came behind its own window': {
    topology: {
      kind: 'window',
      regroup: false,
      window: { kind: 'sliding', differenceMs: 12 },
      graceMs: 1,
      aggregation: 'count',
      emit: 'updates',
    },
    steps: [
      [['a', 'a', '1', 8]],
      [['a', 'a', '1', 14]],
      [['a', 'b', '1', 12]],
      [['a', 'b', '1', 14]],
      [['a', 'a', '1', 14]],
    ],
    theirs: [
      [['a@0-12', '1', 8]],
      [
        ['a@2-14', '2', 14],
        ['a@9-21', '1', 14],
      ],
      [],
      [['b@2-14', '1', 14]],
      [
        ['a@2-14', '3', 14],
        ['a@9-21', '2', 14],
      ],
    ],
    ours: [
      [['a@0-12', '1', 8]],
      [
        ['a@2-14', '2', 14],
        ['a@9-21', '1', 14],
      ],
      [],
      [
        ['b@13-25', '1', 14],
        ['b@2-14', '2', 14],
      ],
      [
        ['a@2-14', '3', 14],
        ['a@9-21', '2', 14],
      ],
    ],
  },
  'a row that an outer join of Kafka Streams gives once more for a row that stays missing': {
    topology: {
      kind: 'table',
      table: {
        op: 'join',
        join: 'outer',
        left: { op: 'source', topic: 'a' },
        right: { op: 'source', topic: 'b' },
        stored: false,
      },
    },
    steps: [
      [['b', 'a', '1', 0]],
      [['a', 'a', null, 1]],
      [['b', 'a', '1', 2]],
      [['a', 'a', '2', 3]],
      [['a', 'a', '2', 4]],
    ],
    theirs: [
      [['a', '(null|1)', 0]],
      [['a', '(null|1)', 1]],
      [['a', '(null|1)', 2]],
      [['a', '(2|1)', 3]],
      [['a', '(2|1)', 4]],
    ],
    ours: [[['a', '(null|1)', 0]], [], [['a', '(null|1)', 2]], [['a', '(2|1)', 3]], [['a', '(2|1)', 4]]],
  },
  'a row joined by foreign key that Kafka Streams gives once more for a row that stays missing': {
    topology: {
      kind: 'foreignKey',
      join: 'left',
      left: { op: 'source', topic: 'a' },
      right: { op: 'toTable', topic: 'b' },
      stored: true,
    },
    steps: [[['a', 'a', '1', 0]], [['b', 'b', '1', 0]], [['a', 'a', '1', 1]], [['b', 'b', '2', 2]]],
    theirs: [[['a', '(1|null)', 0]], [['a', '(1|null)', 0]], [['a', '(1|null)', 1]], [['a', "(1|2')", 2]]],
    ours: [[['a', '(1|null)', 0]], [], [['a', '(1|null)', 1]], [['a', "(1|2')", 2]]],
  },
  'the time of a row joined by foreign key': {
    topology: {
      kind: 'foreignKey',
      join: 'inner',
      left: { op: 'source', topic: 'a' },
      right: { op: 'source', topic: 'b' },
      stored: false,
    },
    steps: [[['a', 'a', '1', 5]], [['b', 'b', '1', 3]], [['b', 'b', '2', 9]], [['a', 'a', null, 7]]],
    theirs: [[], [['a', '(1|1)', 3]], [['a', '(1|2)', 9]], [['a', null, 9]]],
    ours: [[], [['a', '(1|1)', 5]], [['a', '(1|2)', 9]], [['a', null, 7]]],
  },
};

describe('A difference that is meant', () => {
  it.each(Object.entries(MEANT))('is %s', (_name, { topology, steps, theirs, ours }) => {
    expect(isEqual({ topology, steps, here }, theirs, ours)).toBe(true);
  });

  it.each(Object.entries(MEANT))(
    'hides no other beside it: %s',
    (_name, { topology, steps, theirs, ours }) => {
      for (const wrong of spoilt(ours)) expect(isEqual({ topology, steps, here }, theirs, wrong)).toBe(false);
    },
  );

  it.each(Object.entries(MEANT))('is not asked for of Kafka Streams: %s', (_name, difference) => {
    const { topology, steps, theirs } = difference;
    expect(isEqual({ topology, steps, here }, theirs, theirs)).toBe(false);
  });
});

describe('What sliding windows hold by definition', () => {
  it('is what Kafka Streams gives, where each record came while its own window was open', () => {
    let numCompared = 0;
    for (const recorded of readFixtures('sliding')) {
      if (recorded.topology.kind !== 'window' || !isSliding(recorded.topology)) continue;
      const windows = new SlidingWindows(recorded.topology);
      const given: OutputRecord[] = [];
      let isComparable = true;
      for (const record of recorded.steps.flat()) {
        given.push(...windows.take(record));
        isComparable &&= windows.cameBehindItsWindow === null;
      }
      if (!isComparable) continue;
      numCompared += given.length;
      const sorted = (records: readonly OutputRecord[]) => [...new Set(records.map(String))].sort();
      expect(sorted(given)).toEqual(sorted(recorded.outputs.flat()));
    }
    expect(numCompared).toBeGreaterThan(50);
  });
});
