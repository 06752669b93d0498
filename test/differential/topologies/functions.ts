/** What the functions of all topologies do; bench/peer's differential/Functions.java does the same. */

/** Keeps most. */
export const keeps = (value: string): boolean => sum(value) % 4 !== 0;

/** Nothing for some. */
export const map = (value: string): string | null => (sum(value) % 7 === 0 ? null : `${value}'`);

/** One of the keys that are used, or none. */
export function groupOf(value: string): string | null {
  const remainder = sum(value) % 5;
  return remainder === 0 ? null : 'abc'[remainder % 3]!;
}

export const pair = (left: string | null, right: string | null): string => `(${left}|${right})`;
export const append = (text: string, value: string): string => `${text}+${value}`;
export const remove = (text: string, value: string): string => `${text}-${value}`;
export const concatenate = (left: string, right: string): string => left + right;

function sum(value: string): number {
  let total = 0;
  for (let at = 0; at < value.length; at++) total += value.charCodeAt(at);
  return total;
}
