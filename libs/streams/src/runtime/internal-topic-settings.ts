/** Settings of internal topics that are there already: made by a former version, or changed since. */
type Settings = Readonly<Record<string, string>>;

const POLICY = 'cleanup.policy';
const RETENTION = 'retention.ms';

/** What to set so that the log deletes nothing that is still needed, as `kafka-configs --add-config` takes it; null: it deletes nothing.
 *  Where it keeps more than it must, that is its operator's choice: it is the remedy for a stream that may be silent for long. */
export function missingSettings(wanted: Settings, there: Settings): string | null {
  const missing: string[] = [];
  const [wants, has] = [policiesOf(wanted), policiesOf(there)];
  if (has.some((policy) => !wants.includes(policy))) missing.push(`${POLICY}=[${wants.join(',')}]`);
  const isShort = retentionOf(there) < retentionOf(wanted);
  if (isShort && wants.includes('delete') && has.includes('delete'))
    missing.push(`${RETENTION}=${wanted[RETENTION]}`);
  return missing.length === 0 ? null : missing.join(',');
}

function policiesOf({ [POLICY]: policy = '' }: Settings): readonly string[] {
  return policy.split(',').filter((one) => one !== '');
}

/** Kafka: below 0 is for ever. Not told: nothing can be said against it. */
function retentionOf({ [RETENTION]: retentionMs = '-1' }: Settings): number {
  return Number(retentionMs) < 0 ? Infinity : Number(retentionMs);
}
