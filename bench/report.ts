import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { Measurement } from './measure.ts';

export interface Result {
  readonly contender: string;
  readonly round: number;
  /** What the verifier says; a run that is not exact counts for nothing. */
  readonly exact: boolean;
  readonly measurement: Measurement;
}

interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.floor((sorted.length - 1) * fraction)] ?? NaN;
  return { min: at(0), median: at(0.5), max: at(1) };
}

type Summary = Readonly<Record<keyof Measurement, Spread>> & { readonly runs: number };

/** Over the exact runs of each contender. */
export function summarize(results: readonly Result[]): ReadonlyMap<string, Summary> {
  const byContender = Map.groupBy(results, ({ contender }) => contender);
  return new Map([...byContender].map(([name, all]) => [name, summaryOf(all)]));
}

function summaryOf(all: readonly Result[]): Summary {
  const exact = all.filter((result) => result.exact);
  const of = (figure: keyof Measurement) => spread(exact.map(({ measurement }) => measurement[figure]));
  return {
    runs: exact.length,
    recordsPerSecond: of('recordsPerSecond'),
    secondHalfPerSecond: of('secondHalfPerSecond'),
    cpuSecondsPerMillion: of('cpuSecondsPerMillion'),
    startCpuSeconds: of('startCpuSeconds'),
    peakRssMb: of('peakRssMb'),
    secondsToFirst: of('secondsToFirst'),
  };
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const tenths = (value: number) => value.toFixed(1);
const COLUMNS: readonly [keyof Measurement, string, (value: number) => string][] = [
  ['recordsPerSecond', 'records/s', whole],
  ['secondHalfPerSecond', 'second half', whole],
  ['cpuSecondsPerMillion', 'CPU-s/million', tenths],
  ['startCpuSeconds', 'start CPU-s', tenths],
  ['peakRssMb', 'peak MiB', whole],
  ['secondsToFirst', 's to first', tenths],
];

/** One line per contender: median (min–max), and how many times the last contender's speed. */
export function table(results: readonly Result[]): string {
  const summaries = summarize(results);
  const peer = [...summaries.values()].at(-1);
  const head = ['', 'exact runs', ...COLUMNS.map(([, title]) => title), 'ratio'];
  const rows = [...summaries].map(([name, summary]) => [
    name,
    String(summary.runs),
    ...COLUMNS.map(([figure, , show]) => showSpread(summary[figure], show)),
    `${(summary.recordsPerSecond.median / (peer?.recordsPerSecond.median ?? NaN)).toFixed(2)}x`,
  ]);
  return aligned([head, ...rows]);
}

function showSpread({ min, median, max }: Spread, show: (value: number) => string): string {
  return Number.isNaN(median) ? '-' : `${show(median)} (${show(min)}–${show(max)})`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n');
}

/** Everything measured, with what it was measured on. */
export function save(
  path: string,
  settings: Readonly<Record<string, unknown>>,
  results: readonly unknown[],
): void {
  const processors = cpus();
  const machine = { cpu: processors[0]?.model, cpus: processors.length, node: process.version };
  mkdirSync(dirname(path), { recursive: true });
  const saved = { takenAt: new Date().toISOString(), machine, settings, results };
  writeFileSync(path, `${JSON.stringify(saved, null, 2)}\n`);
}
