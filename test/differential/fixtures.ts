/** What Kafka Streams gave, recorded: a file for each kind, a case a line. `npm run record:diff` makes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { RecordedCase } from './case.ts';
import type { CaseKind } from './generate/cases.ts';

const file = (kind: CaseKind): URL => new URL(`./fixtures/${kind}.jsonl`, import.meta.url);

export function readFixtures(kind: CaseKind): RecordedCase[] {
  const lines = readFileSync(file(kind), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedCase);
}

export function writeFixtures(kind: CaseKind, cases: readonly RecordedCase[]): void {
  writeFileSync(file(kind), cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
}
