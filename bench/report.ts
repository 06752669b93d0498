/** From measurements to tables, and to files that can be read again. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { LatencyResult } from './latency-report.ts';
import type { Measurement } from './measure.ts';
import { hundredths, shown, spread, tenths, whole, type Spread } from './spread.ts';

export interface Result {
  readonly contender: string;
  readonly round: number;
  /** What the verifier says; a run that is not exact counts for nothing. */
  readonly exact: boolean;
  readonly measurement: Measurement;
}

export type Figure = keyof Measurement;

/** Figures of the exact runs of a contender. */
export function figures(results: readonly Result[], contender: string, figure: Figure): Spread | null {
  return spread(exactRuns(results, contender).map(({ measurement }) => measurement[figure]));
}

/** One contender's figure in another's, round by round. */
export function ratio(
  results: readonly Result[],
  figure: Figure,
  contender: string,
  other: string,
): Spread | null {
  const others = new Map(
    exactRuns(results, other).map((result) => [result.round, result.measurement[figure]]),
  );
  return spread(
    exactRuns(results, contender).map(({ round, measurement }) => {
      const [mine, theirs] = [measurement[figure], others.get(round)];
      return mine === null || theirs === null || theirs === undefined ? null : mine / theirs;
    }),
  );
}

function exactRuns(results: readonly Result[], contender: string): readonly Result[] {
  return results.filter((result) => result.exact && result.contender === contender);
}

export function contendersOf(results: readonly Result[]): readonly string[] {
  return [...new Set(results.map(({ contender }) => contender))];
}

const COLUMNS: readonly [Figure, string, (value: number) => string][] = [
  ['recordsPerSecond', 'records/s', whole],
  ['secondHalfPerSecond', 'second half', whole],
  ['cpuSecondsPerMillion', 'CPU-s/million', tenths],
  ['brokerCpuSecondsPerMillion', 'of the broker', tenths],
  ['redisCpuSecondsPerMillion', 'of Redis', tenths],
  ['startCpuSeconds', 'start CPU-s', tenths],
  ['peakRssMb', 'peak MiB', whole],
  ['secondsToFirst', 's to first', tenths],
];

/** One line per contender, each figure as median (min–max) of its exact runs. */
export function figureTable(results: readonly Result[]): readonly (readonly string[])[] {
  const head = ['', 'exact runs', ...COLUMNS.map(([, title]) => title)];
  const rows = contendersOf(results).map((name) => [
    name,
    `${exactRuns(results, name).length} of ${results.filter(({ contender }) => contender === name).length}`,
    ...COLUMNS.map(([figure, , show]) => shown(figures(results, name, figure), show)),
  ]);
  return [head, ...rows];
}

const RATIOS: readonly [Figure, string][] = [
  ['recordsPerSecond', 'records/s'],
  ['secondHalfPerSecond', 'second half'],
  ['cpuSecondsPerMillion', 'CPU'],
  ['peakRssMb', 'peak MiB'],
];
export const BARE_LOOP = 'bare loop';

/** Each contender beside the last one, Kafka Streams, and its CPU beside the bare loop's: the medians of the rounds' ratios. */
export function ratioTable(results: readonly Result[]): readonly (readonly string[])[] {
  const names = contendersOf(results);
  const peer = names.at(-1)!;
  const hasLimit = names.includes(BARE_LOOP);
  const head = [
    '',
    ...RATIOS.map(([, title]) => `${title} ÷ ${PEER}`),
    ...(hasLimit ? [`CPU ÷ ${BARE_LOOP}`] : []),
  ];
  const row = (name: string) => [
    name,
    ...RATIOS.map(([figure]) => shown(ratio(results, figure, name, peer), hundredths)),
    ...(hasLimit ? [shown(ratio(results, 'cpuSecondsPerMillion', name, BARE_LOOP), hundredths)] : []),
  ];
  return [head, ...names.slice(0, -1).map(row)];
}
const PEER = 'Kafka Streams';

export interface Saved<S, R> {
  readonly takenAt: string;
  readonly machine: { readonly cpu: string | undefined; readonly cpus: number; readonly node: string };
  readonly settings: S;
  readonly results: readonly R[];
  readonly latencies?: readonly LatencyResult[];
}

/** Everything measured, with what it was measured on. */
export function save(
  path: string,
  settings: Readonly<Record<string, unknown>>,
  results: readonly unknown[],
  latencies: readonly unknown[] = [],
): void {
  const processors = cpus();
  const machine = { cpu: processors[0]?.model, cpus: processors.length, node: process.version };
  mkdirSync(dirname(path), { recursive: true });
  const saved = {
    takenAt: new Date().toISOString(),
    machine,
    settings,
    results,
    ...(latencies.length > 0 ? { latencies } : {}),
  };
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`);
}

export function load<S, R>(path: string): Saved<S, R> | null {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Saved<S, R>) : null;
}
