import type { Latency } from './latency-measure.ts';
import { hundredths, shown, spread, whole, type Spread } from './spread.ts';

export interface LatencyResult {
  readonly contender: string;
  readonly round: number;
  readonly commitIntervalMs: number;
  readonly exact: boolean;
  readonly latency: Latency;
}

const COLUMNS: readonly [keyof Latency, string, (value: number) => string][] = [
  ['p50Ms', 'p50 ms', whole],
  ['p99Ms', 'p99 ms', whole],
  ['p999Ms', 'p99.9 ms', whole],
  ['maxMs', 'max ms', whole],
  ['cores', 'cores', hundredths],
  ['behindMs', 'generator late, max ms', whole],
];

/** Figures of the exact runs at one commit interval. */
export function latencyFigures(
  results: readonly LatencyResult[],
  contender: string,
  commitIntervalMs: number,
  figure: keyof Latency,
): Spread | null {
  const runs = results.filter(
    (result) =>
      result.exact && result.contender === contender && result.commitIntervalMs === commitIntervalMs,
  );
  return spread(runs.map(({ latency }) => latency[figure]));
}

/** One line per contender and commit interval, median (min–max). */
export function latencyTable(results: readonly LatencyResult[]): readonly (readonly string[])[] {
  const names = [...new Set(results.map(({ contender }) => contender))];
  const intervals = [...new Set(results.map(({ commitIntervalMs }) => commitIntervalMs))];
  const rows = intervals.flatMap((intervalMs) =>
    names.map((name) => [
      name,
      `${intervalMs} ms`,
      ...COLUMNS.map(([figure, , show]) => shown(latencyFigures(results, name, intervalMs, figure), show)),
    ]),
  );
  return [['', 'commits every', ...COLUMNS.map(([, title]) => title)], ...rows];
}
