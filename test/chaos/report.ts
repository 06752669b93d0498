/** A run in figures, as it is printed. */
import type { Occurrence } from './conductor.ts';
import type { ChaosSettings } from './settings.ts';
import type { Verdict } from '../support/verifier.ts';
import type { LineKind, LogLines } from './verify/log-lines.ts';
import type { MemoryFigure } from './verify/memory.ts';
import { median } from './verify/numbers.ts';
import type { StoredStateVerdict } from './verify/stored-state.ts';

export interface ChaosReport {
  readonly settings: ChaosSettings;
  readonly occurrences: readonly Occurrence[];
  readonly verdict: Verdict;
  readonly storedState: StoredStateVerdict;
  readonly numDeadLetters: number;
  readonly badStops: readonly string[];
  readonly logLines: LogLines;
  readonly memory: readonly MemoryFigure[];
}

export function describeReport(report: ChaosReport): string {
  const { occurrences, verdict, storedState, badStops, logLines, memory } = report;
  return [
    '',
    recoveryTable(occurrences),
    '',
    ...memory.map(describeMemory),
    `Output: ${JSON.stringify(verdict)}`,
    `Redis: ${storedState.windows} windows with ${storedState.entries} entries, ${storedState.differences.length} differences to the changelog`,
    ...storedState.differences.slice(0, 10),
    ...badStops.map((stop) => `Stopped badly: ${stop}`),
    `Log: ${logLines.stackFrames.length} stack frames`,
    ...logLines.stackFrames.slice(0, 10),
    ...describeLines('errors', logLines.errors),
    ...describeLines('warnings', logLines.warnings),
    '',
  ].join('\n');
}

const HEAD = ['fault', 'count', 'held', 'min', 'median', 'max'];

/** Seconds from the strike until every partition had committed a record written after it. */
export function recoveryTable(occurrences: readonly Occurrence[]): string {
  const kinds = [...new Set(occurrences.map(({ planned }) => planned.kind))].toSorted();
  const rows = kinds.map((kind) =>
    row(
      kind,
      occurrences.filter(({ planned }) => planned.kind === kind),
    ),
  );
  const table = [HEAD, ...rows, row('all', occurrences)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(HEAD), rule, ...table.slice(1).map(line)].join('\n');
}

function row(name: string, occurrences: readonly Occurrence[]): readonly string[] {
  const seconds = occurrences.map(({ recoverySeconds }) => recoverySeconds);
  const figures = [
    median(occurrences.map(({ heldSeconds }) => heldSeconds)),
    Math.min(...seconds),
    median(seconds),
    Math.max(...seconds),
  ];
  return [name, String(occurrences.length), ...figures.map((figure) => figure.toFixed(1))];
}

function describeMemory({ instance, livedSeconds, afterFirstMinuteMib, atEndMib }: MemoryFigure): string {
  const change = (100 * (atEndMib / afterFirstMinuteMib - 1)).toFixed(0);
  return `Memory of instance ${instance}, ${livedSeconds} s old: ${afterFirstMinuteMib} MiB after its first minute, ${atEndMib} MiB at the end (${change} %)`;
}

function describeLines(title: string, kinds: readonly LineKind[]): string[] {
  const most = kinds
    .slice(0, 25)
    .map(({ count, text }) => `${String(count).padStart(6)} ${text.slice(0, 300)}`);
  return [`Log ${title}: ${kinds.length} kinds`, ...most];
}
