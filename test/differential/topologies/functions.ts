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

/** A bag: each value in it with how often, as JSON. */
export const EMPTY_BAG = '[]';
export const putIn = (bag: string | null, value: string): string | null => changed(bag, value, 1);
export const takeOut = (bag: string | null, value: string): string | null => changed(bag, value, -1);

function changed(bag: string | null, value: string, by: number): string | null {
  const counts = new Map(JSON.parse(bag ?? EMPTY_BAG) as [string, number][]);
  counts.set(value, (counts.get(value) ?? 0) + by);
  if (counts.get(value) === 0) counts.delete(value);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? null : JSON.stringify(sorted);
}

function sum(value: string): number {
  let total = 0;
  for (let at = 0; at < value.length; at++) total += value.charCodeAt(at);
  return total;
}
