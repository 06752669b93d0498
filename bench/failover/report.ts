import type { Takeover } from './takeovers.ts';

export interface Result {
  readonly contender: string;
  readonly round: number;
  readonly takeover: Takeover;
}

type Figure = keyof Takeover | 'recordsPerSecond';
const COLUMNS: readonly [Figure, string][] = [
  ['restored', 'records replayed'],
  ['restoreMs', 'restored after ms'],
  ['firstRecordMs', 'first record after ms'],
  ['allPartitionsMs', 'all partitions after ms'],
  ['recordsPerSecond', 'records/s'],
  ['detectionMs', 'detection ms'],
  ['loopDelayMaxMs', 'loop late, max ms'],
  ['loopDelayP99Ms', 'p99 ms'],
];

function figure(takeover: Takeover, name: Figure): number | null {
  if (name !== 'recordsPerSecond') return takeover[name];
  const { restored, restoreMs } = takeover;
  return restoreMs > 0 ? (restored / restoreMs) * 1_000 : null;
}

/** Over the rounds; null where nobody says. */
export function median(results: readonly Result[], contender: string, name: Figure): number | null {
  const values = results
    .filter((result) => result.contender === contender)
    .map(({ takeover }) => figure(takeover, name))
    .filter((value) => value !== null)
    .toSorted((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)] ?? null;
}

export interface Ratio {
  readonly contender: string;
  /** Its time from the assignment to the first record, in the peer's time to restore. */
  readonly ofPeerRestore: number;
}

/** How each contender's way to its first record compares with the restore of the peer. */
export function ratios(results: readonly Result[], peer: string): readonly Ratio[] {
  const restoreMs = median(results, peer, 'restoreMs') ?? NaN;
  return [...new Set(results.map(({ contender }) => contender))].map((contender) => ({
    contender,
    ofPeerRestore: (median(results, contender, 'firstRecordMs') ?? NaN) / restoreMs,
  }));
}

/** Medians, one line per contender. */
export function table(results: readonly Result[], peer: string): string {
  const head = ['', ...COLUMNS.map(([, title]) => title), 'of peer restore'];
  const rows = ratios(results, peer).map(({ contender, ofPeerRestore }) => [
    contender,
    ...COLUMNS.map(([name]) => shown(median(results, contender, name))),
    `1/${(1 / ofPeerRestore).toFixed(1)}`,
  ]);
  return aligned([head, ...rows]);
}

export function shown(value: number | null): string {
  if (value === null) return '-';
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n');
}
