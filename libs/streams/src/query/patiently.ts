import type { Clock } from '../ports/runtime.ts';

/** A log that does not answer takes no query with it. */
const PATIENCE_MS = 1_000;

/** null: there was no answer in this time, or a refusal. */
export async function patiently<T>(answer: Promise<T>, clock: Clock): Promise<T | null> {
  const waited = new AbortController();
  const late = clock.delay(PATIENCE_MS, waited.signal).then(() => null);
  const answered = answer.catch(() => null);
  try {
    return await Promise.race([answered, late]);
  } finally {
    waited.abort();
  }
}
