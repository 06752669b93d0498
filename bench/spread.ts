/** What several runs of the same say together. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** null: no figures. Of an even number of figures the median lies between the two in the middle. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const sorted = values
    .filter((value) => value !== null && Number.isFinite(value))
    .toSorted((a, b) => a! - b!);
  const at = (index: number) => sorted[index]!;
  if (sorted.length === 0) return null;
  const last = sorted.length - 1;
  return { min: at(0), median: (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2, max: at(last) };
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
