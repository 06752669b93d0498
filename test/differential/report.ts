/** A difference, so that it can be read: step by step, what was written, what was expected, what came. */
import { isDeepStrictEqual } from 'node:util';
import type { Case } from './case.ts';
import type { Comparison } from './compare.ts';

/** null: there is no difference. */
export function reportOf(testCase: Case, { expected, actual }: Comparison): string | null {
  if (isDeepStrictEqual(expected, actual)) return null;
  const { topology, steps, here } = testCase;
  const lines = steps.map((step, at) => {
    const crash = here.crashesAfter.includes(at) ? ' (crash)' : '';
    const isSame = isDeepStrictEqual(expected[at], actual[at]);
    const given = isSame ? show(actual[at]) : `expected ${show(expected[at])}, came ${show(actual[at])}`;
    return `${isSame ? ' ' : '≠'} ${show(step)}${crash}  →  ${given}`;
  });
  return [`${JSON.stringify(topology)}${here.cachesNothing ? ', nothing cached' : ''}`, ...lines].join('\n');
}

function show(records: readonly (readonly unknown[])[] | undefined): string {
  return records === undefined ? 'nothing' : records.map((record) => JSON.stringify(record)).join(' ') || '-';
}
