/** A table of text: `| … |` between `+---+` rules, text to the left, numbers to the right. */
import { cellText, isEmpty, isNumber, numberText } from './cell.ts';
import { textWidth } from './text-width.ts';

export type Columns = Readonly<Record<string, unknown>>;

interface Column {
  readonly width: number;
  readonly right: boolean;
  readonly cells: readonly string[];
}

/** The lines of the table; columns in the order in which rows bring them.
 *  @param decimalColumns which columns have shown a value that is no integer; this table's are added.
 *    A column in it has two decimals, in this and every later table, so that a column does not change its form when
 *    all its averages happen to be whole numbers. */
export function tableLines(rows: readonly Columns[], decimalColumns: Set<string>): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => column(name, rows, decimalColumns));
  const rule = `+${columns.map(({ width }) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (index: number) => `| ${columns.map((each) => padded(each, index)).join(' | ')} |`;
  const [header, ...body] = Array.from({ length: rows.length + 1 }, (_, index) => line(index));
  return [rule, header!, rule, ...body, rule];
}

/** The header is the first cell. */
function column(name: string, rows: readonly Columns[], decimalColumns: Set<string>): Column {
  const values = rows.map((row) => row[name]);
  const right = values.every((value) => isNumber(value) || isEmpty(value)) && values.some(isNumber);
  if (values.some(hasDecimals)) decimalColumns.add(name);
  const decimals = decimalColumns.has(name);
  const text = (value: unknown) => (isNumber(value) ? numberText(value, decimals) : cellText(value));
  const cells = [cellText(name), ...values.map(text)];
  return { cells, right, width: Math.max(...cells.map(textWidth)) };
}

function hasDecimals(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value);
}

function padded({ cells, right, width }: Column, index: number): string {
  const cell = cells[index]!;
  const padding = ' '.repeat(width - textWidth(cell));
  return right ? padding + cell : cell + padding;
}

/** By the first column: numbers by value, anything else by its text. */
export function sortByFirstColumn<T>(rows: readonly T[], firstOf: (row: T) => unknown): T[] {
  return rows.toSorted((a, b) => compare(firstOf(a), firstOf(b)));
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = isNumber(a) && isNumber(b) ? [a, b] : [cellText(a), cellText(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
