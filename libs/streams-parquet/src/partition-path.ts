/** Folders by the values of a row, as Hive names them: `date=2026-11-29/hour=02`. */
import type { Row, SinkRecord } from '@hiveframe/streams';

/** Names and values of the folders, the outermost first. */
export type PartitionColumns = Readonly<Record<string, string | number | bigint | boolean | null>>;

/** Where a row belongs. It sees the whole row, also what is no column of the files. */
export type PartitionBy<R extends object = Row> = (
  row: R,
  record: SinkRecord<unknown, unknown>,
) => PartitionColumns;

/** What Hive, Spark and DuckDB read as null. */
const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';
const MAX_NAME_BYTES = 255;

/** @throws Error for what can be no folder */
export function pathOf(columns: PartitionColumns): string {
  return Object.entries(columns).map(folderOf).join('/');
}

function folderOf([name, value]: [string, PartitionColumns[string]]): string {
  const isNull = value === null || value === undefined || value === '';
  const folder = `${encodeURIComponent(name)}=${isNull ? NULL_PARTITION : encodeURIComponent(String(value))}`;
  if (folder.length <= MAX_NAME_BYTES) return folder;
  throw new Error(`the folder for ${name} would have a name of more than ${MAX_NAME_BYTES} bytes`);
}

/** Folders `date=…/hour=…` in UTC by a column of the row, or by the record's event time. */
export function byHour(column?: string): PartitionBy<Row> {
  return (row, record) => {
    const time = isoTime(row, record, column);
    return { date: time.slice(0, 10), hour: time.slice(11, 13) };
  };
}

/** Folders `date=…` in UTC by a column of the row, or by the record's event time. */
export function byDay(column?: string): PartitionBy<Row> {
  return (row, record) => ({ date: isoTime(row, record, column).slice(0, 10) });
}

function isoTime(row: Row, { timestampMs }: SinkRecord<unknown, unknown>, column?: string): string {
  const value = column === undefined ? timestampMs : row[column];
  const time = new Date(value as string | number | Date);
  const text = value === null || Number.isNaN(time.getTime()) ? '' : time.toISOString();
  if (text.length === 24) return text; // years 0 to 9999
  throw new Error(`${column ?? 'its timestamp'} is no time that could name a folder: ${String(value)}`);
}
