/** Cases drawn by chance, through Kafka Streams' TopologyTestDriver and through this project's. `SEED=` draws others, `RUNS=` says how
 *  many of each kind. A failing case is made smaller before it is shown. Needs Java 17+ and Maven. */
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { compare } from './compare.ts';
import type { Case } from './case.ts';
import { CASES, type CaseKind } from './generate/cases.ts';
import { Jvm } from './jvm.ts';
import { reportOf } from './report.ts';
import { runCase } from './run-case.ts';

const seed = Number(process.env['SEED'] ?? 1);
const numRuns = Number(process.env['RUNS'] ?? 30);
/** Generous: a busy machine, and a failure is tried some hundred times. */
const TIMEOUT_MS = 120_000 + numRuns * 1_000;

describe(`Topologies give what Kafka Streams gives, SEED=${seed}`, () => {
  let jvm: Jvm;
  beforeAll(() => void (jvm = new Jvm()));
  afterAll(() => jvm[Symbol.dispose]());

  async function givesTheSame(testCase: Case): Promise<void> {
    const report = reportOf(testCase, compare(testCase, await jvm.run(testCase), await runCase(testCase)));
    if (report !== null) throw new Error(report);
  }

  it.each(Object.keys(CASES) as CaseKind[])(
    '%s',
    (kind) =>
      fc.assert(fc.asyncProperty(CASES[kind], givesTheSame), { seed, numRuns, includeErrorInReport: true }),
    TIMEOUT_MS,
  );
});
