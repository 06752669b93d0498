/** What an application has written, in the order of each key: that is what must be the same in every run over the same input. */
import type { LogPort } from '@hiveframe/streams';
import { committedRecords } from './committed-records.ts';
import { NUM_PARTITIONS, type CaseTopics } from './layout.ts';

/** Values by topic's role and key. */
export type Output = Readonly<Record<string, readonly string[]>>;

export async function readOutput(log: LogPort, { output, alerts, deadLetters }: CaseTopics): Promise<Output> {
  const found: Record<string, string[]> = {};
  for (const [role, topic] of Object.entries({ output, alerts, deadLetters }))
    for (let partition = 0; partition < NUM_PARTITIONS; partition++)
      for (const { key, value } of await committedRecords(log, { topic, partition }))
        (found[`${role} ${key?.toString()}`] ??= []).push(`${value?.toString()}`);
  return found;
}

/** What one has and the other has not, as often; and where the order is another one. */
export function differences(found: Output, expected: Output): readonly string[] {
  const keys = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...keys].flatMap((key) => differencesOf(key, found[key] ?? [], expected[key] ?? []));
}

function differencesOf(
  key: string,
  found: readonly string[],
  expected: readonly string[],
): readonly string[] {
  const missing = without(expected, found).map((value) => `${key}: missing ${value}`);
  const surplus = without(found, expected).map((value) => `${key}: repeated or wrong ${value}`);
  if (missing.length + surplus.length > 0) return [...missing, ...surplus];
  return found.every((value, index) => value === expected[index]) ? [] : [`${key}: in another order`];
}

/** Each value as often as it occurs more often than in `others`. */
function without(values: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return values.filter((value) => {
    const at = left.indexOf(value);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
