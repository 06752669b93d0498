/** Records fixtures: `npm run record:diff [-- KIND...]`. Needs Java and Maven. `RUNS=` cases of each kind, drawn from `SEED=`. */
import fc from 'fast-check';
import { writeFixtures } from './fixtures.ts';
import { CASES, type CaseKind } from './generate/cases.ts';
import { Jvm } from './jvm.ts';

const seed = Number(process.env['SEED'] ?? 1);
const numRuns = Number(process.env['RUNS'] ?? 14);
const named = process.argv.slice(2) as CaseKind[];
const kinds = named.length > 0 ? named : (Object.keys(CASES) as CaseKind[]);

using jvm = new Jvm();
for (const kind of kinds) {
  const recorded = [];
  for (const drawn of fc.sample(CASES[kind], { seed, numRuns })) {
    recorded.push({ ...drawn, outputs: await jvm.run(drawn) });
  }
  writeFixtures(kind, recorded);
}
