/** Against what Kafka Streams gave when the fixtures were recorded; `npm run test:diff` asks it anew, with cases of its own. */
import { describe, expect, it } from '@jest/globals';
import { compare } from './compare.ts';
import { readFixtures } from './fixtures.ts';
import { CASES, type CaseKind } from './generate/cases.ts';
import { reportOf } from './report.ts';
import { runCase } from './run-case.ts';

describe("Topologies give what Kafka Streams' TopologyTestDriver gave", () => {
  it.each(Object.keys(CASES) as CaseKind[])('%s', async (kind) => {
    for (const recorded of readFixtures(kind)) {
      const comparison = compare(recorded, recorded.outputs, await runCase(recorded));
      expect(reportOf(recorded, comparison)).toBeNull();
    }
  });
});
