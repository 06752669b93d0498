/** Values as the text of a cell. */

/** As JSON, with what JSON lacks as text: bigint as its digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function isEmpty(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Two decimals, or as it is: a bigint never has decimals. */
export function numberText(value: number | bigint, decimals: boolean): string {
  return decimals && typeof value === 'number' ? value.toFixed(2) : String(value);
}

/** One line, whatever is in it: line breaks and other control characters show as escapes, so that no value breaks the table. */
export function cellText(value: unknown): string {
  if (isEmpty(value)) return '';
  return onText(value).replaceAll(/\p{Cc}/gu, escaped);
}

function onText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (typeof value === 'object' || typeof value === 'function') return jsonText(value) ?? '';
  return String(value as number | boolean | bigint | symbol | undefined);
}

function escaped(control: string): string {
  const quoted = JSON.stringify(control).slice(1, -1);
  return quoted === control ? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}` : quoted;
}
