/** What several runs of the same say together. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** null: no figures. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const sorted = values
    .filter((value) => value !== null && Number.isFinite(value))
    .toSorted((a, b) => a! - b!);
  if (sorted.length === 0) return null;
  const at = (fraction: number) => sorted[Math.floor((sorted.length - 1) * fraction)]!;
  return { min: at(0), median: at(0.5), max: at(1) };
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
export const tenths = (value: number): string => value.toFixed(1);
export const hundredths = (value: number): string => value.toFixed(2);

/** `median (min–max)`. */
export function shown(figures: Spread | null, show: (value: number) => string): string {
  if (figures === null) return 'n/a';
  const { min, median, max } = figures;
  return min === max ? show(median) : `${show(median)} (${show(min)}–${show(max)})`;
}

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n');
}

export function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ruler = head!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head!, ruler, ...rows].map(line).join('\n');
}
