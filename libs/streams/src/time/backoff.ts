/** Waiting before something that failed is tried again: doubled each time. */

const FIRST_MS = 100;
/** So an operator reads every ten seconds, at the latest, what is still waited for. */
const MOST_MS = 10_000;
/** Up to this part of a delay is left out, so that those whom one outage struck do not come back in step. */
const SPREAD = 0.25;

/** The spread is drawn from the name of who waits, not from chance, so that a simulation repeats. */
export function backoffMs(name: string, failures: number): number {
  let hash = failures + 1;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 1_009;
  return Math.round(Math.min(FIRST_MS * 2 ** failures, MOST_MS) * (1 - (SPREAD * hash) / 1_009));
}
