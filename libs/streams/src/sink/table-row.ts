/** From a record to the columns of a row, for sinks whose target is a table. */
import type { SinkRecord } from './sink.ts';

/** Columns by name. */
export type Row = Readonly<Record<string, unknown>>;

/** The columns of the value, behind those of the key. A key that is an object gives its fields; a windowed key its key's and
 *  `window_start`, `window_end` (epoch ms); any other a column `key`. A value that is no object gives a column `value`, null none. */
export function rowOf({ key, value }: Pick<SinkRecord<unknown, unknown>, 'key' | 'value'>): Row {
  return { ...keyRow(key), ...valueRow(value) };
}

function keyRow(key: unknown): Row {
  if (key === null || key === undefined) return {};
  if (!isObject(key)) return { key };
  const { window } = key;
  if (!isObject(window) || !('key' in key)) return key;
  return { ...keyRow(key['key']), window_start: window['startMs'], window_end: window['endMs'] };
}

function valueRow(value: unknown): Row {
  if (value === null || value === undefined) return {};
  return isObject(value) ? value : { value };
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}
