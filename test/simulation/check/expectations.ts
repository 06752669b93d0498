/** Naive recomputation from the committed input, and its comparison with what was emitted. */
import type { Emitted, Evidence, Given } from './evidence.ts';

export function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  return Map.groupBy(all, by);
}

/** Every input record once, for each key in the order of the input: no gap, no duplicate, nothing that was aborted. */
export function sameInOrder(what: string, given: readonly Given[], emitted: readonly Emitted[]): string[] {
  const wanted = grouped(given, ({ key }) => key);
  const found = grouped(emitted, ({ key }) => key.toString());
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((key) => {
    const wantedIds = (wanted.get(key) ?? []).map(({ id }) => id).join();
    const foundIds = (found.get(key) ?? []).map(({ value }) => String(value)).join();
    return wantedIds === foundIds ? [] : [`${what} of ${key}: wanted ${wantedIds}, found ${foundIds}`];
  });
}

/** Each wanted one once, and no other; in whatever order. */
export function onceEach(what: string, wanted: readonly string[], found: readonly string[]): string[] {
  const times = new Map(wanted.map((one) => [one, 0]));
  const strangers = found.filter((one) => !times.has(one));
  for (const one of found) times.set(one, (times.get(one) ?? 0) + 1);
  return [
    ...strangers.map((one) => `${what} ${one} was never wanted`),
    ...Array.from(times, ([one, count]) =>
      count === 1 ? [] : [`${what} ${one} came ${count} times`],
    ).flat(),
  ];
}

/** Results that a commit may skip but not repeat: they rise to the wanted one. */
export function risingTo(
  what: string,
  wanted: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, readonly number[]>,
): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const results = found.get(name) ?? [];
    const rises = results.every((result, i) => i === 0 || result > results[i - 1]!);
    if (rises && results.at(-1) === wanted.get(name)) return [];
    return [`${what} of ${name}: wanted to rise to ${wanted.get(name)}, found ${results.join()}`];
  });
}

/** Each wanted result once, and no other. */
export function exactly(
  what: string,
  wanted: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, readonly number[]>,
): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const results = found.get(name) ?? [];
    if (results.length === 1 && results[0] === wanted.get(name)) return [];
    return [`${what} of ${name}: wanted ${wanted.get(name)}, found ${results.join()}`];
  });
}

export function countBy<T>(all: readonly T[], by: (one: T) => string): Map<string, number> {
  return new Map(Array.from(grouped(all, by), ([name, members]) => [name, members.length]));
}

export function resultsOf(
  evidence: Evidence,
  topic: string,
  nameOf: (key: Buffer) => string,
): Map<string, number[]> {
  const byName = grouped(evidence.emitted(topic), ({ key }) => nameOf(key));
  return new Map(Array.from(byName, ([name, all]) => [name, all.map(({ value }) => Number(value))]));
}
