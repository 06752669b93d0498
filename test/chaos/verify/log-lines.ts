/** What the processes wrote: what a person would have to read that night. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Life } from '../cluster/instances.ts';

/** A line from which all that differs between two of its kind has been taken. */
export interface LineKind {
  readonly text: string;
  readonly count: number;
}

export interface LogLines {
  /** Frames of stack traces: none is of use to who reads the log. */
  readonly stackFrames: readonly string[];
  readonly warnings: readonly LineKind[];
  readonly errors: readonly LineKind[];
}

export function readLogLines(lives: readonly Life[]): LogLines {
  const lines = lives.flatMap(({ app }) => app.lines);
  return {
    stackFrames: lines.filter((line) => /^\s+at /.test(line)),
    warnings: kindsOf(lines.filter((line) => /\bWARN\b/.test(line))),
    errors: kindsOf(lines.filter((line) => /\b(ERROR|FATAL)\b/.test(line))),
  };
}

/** One file for each process. */
export async function keepLogs(folder: string, lives: readonly Life[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { number, app } of lives) {
    await writeFile(join(folder, `instance-${number}-${app.pid}.log`), app.lines.join('\n'));
  }
}

function kindsOf(lines: readonly string[]): readonly LineKind[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const text = withoutParticulars(line);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => ({ text, count })).toSorted((a, b) => b.count - a.count);
}

/** Everything up to the level goes, and every number. */
function withoutParticulars(line: string): string {
  return line.replace(/^.*?\b(WARN|ERROR|FATAL)\b\s*/, '').replace(/\d+(\.\d+)?/g, '#');
}
