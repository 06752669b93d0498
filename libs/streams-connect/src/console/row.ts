/** From a record to a row of the console. */
import type { SinkRecord, TimeSpan, Windowed } from '@hiveframe/streams';
import { jsonText } from './cell.ts';
import type { Columns } from './table.ts';

export interface Row {
  /** null: no key. A windowed key without its window. */
  readonly key: unknown;
  /** null: no result of a window. */
  readonly window: TimeSpan | null;
  readonly value: unknown;
  readonly timestampMs: number;
}

/** A window is known by the key (`Windowed`), or by the columns window_start and window_end of the row. */
export function toRow({ key, value, timestampMs }: SinkRecord<unknown, unknown>): Row {
  if (isWindowed(key)) return { key: key.key, window: key.window, value, timestampMs };
  return { key, window: windowOf(value), value, timestampMs };
}

function isWindowed(key: unknown): key is Windowed<unknown> {
  if (!isPlainObject(key) || !('key' in key)) return false;
  const window = key['window'];
  return isPlainObject(window) && isTime(window['startMs']) && isTime(window['endMs']);
}

function windowOf(value: unknown): TimeSpan | null {
  if (!isPlainObject(value)) return null;
  const { window_start: startMs, window_end: endMs } = value;
  return isTime(startMs) && isTime(endMs) ? { startMs, endMs } : null;
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

function isPlainObject(value: unknown): value is Columns {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}

/** Without the window, which the table's title says. @param withKey puts the key in front */
export function tableColumns({ key, window, value }: Row, withKey: boolean): Columns {
  const own = valueColumns(value);
  const { window_start: _start, window_end: _end, ...withoutWindow } = own;
  return { ...(withKey && { key }), ...(window === null ? own : withoutWindow) };
}

/** The whole row; key and window in front where its columns do not say them. */
export function jsonColumns(row: Row): Columns {
  const { key, window, value } = row;
  const own = valueColumns(value);
  const span = window !== null && !('window_start' in own && 'window_end' in own);
  return {
    ...(needsKey(row) && { key }),
    ...(span && { window_start: window.startMs, window_end: window.endMs }),
    ...own,
  };
}

/** null is a deletion: only its key is left to show. */
function valueColumns(value: unknown): Columns {
  if (isPlainObject(value)) return value;
  return value === null ? {} : { value };
}

/** Rows of column aggregates have their group as columns; others say nothing of their key. */
export function needsKey({ key, value }: Row): boolean {
  if (key === null || key === undefined) return false;
  const columns = valueColumns(value);
  if (isPlainObject(key)) return !Object.keys(key).every((name) => name in columns);
  return !Object.values(columns).includes(key);
}

/** Equal for rows of which the later one replaces the earlier; undefined: every row is one of its own. */
export function identityOf({ key, window }: Row): string | undefined {
  if (window === null || key === null || key === undefined) return undefined;
  return `${typeof key}:${window.startMs}:${jsonText(key)}`;
}
