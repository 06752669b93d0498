/** What to do about a schema that its subject refuses. */

const READ_OLD = 'with the new schema all that is there must be readable: give each new field a default';
const READ_NEW =
  'with the old schema all that is written from now on must be readable: remove only fields that have a default there';

/** By the level of the subject (Confluent: compatibility types). Type changes beyond promotion are refused at each of them. */
export function compatibilityAdvice(level: string | null): string {
  const demand = demandOf(level ?? '');
  return `${demand}and change no field's type. Or write the new shape to another topic (another subject), or have the subject's level changed by whoever owns it`;
}

function demandOf(level: string): string {
  if (level.startsWith('FULL')) return `Under ${level}, ${READ_OLD}, and ${READ_NEW}, `;
  if (level.startsWith('BACKWARD')) return `Under ${level}, ${READ_OLD}, `;
  if (level.startsWith('FORWARD')) return `Under ${level}, ${READ_NEW}, `;
  return 'Give new fields a default, remove only fields that have one, ';
}
