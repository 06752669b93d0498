/** The table that a sink writes, and how records become its rows. */
import type { SinkRecord } from './sink.ts';
import type { Row } from './table-row.ts';

/** What a sink must be told whose target is a table. */
export interface TableSinkOptions<K, V> {
  /** Its name, without a schema. */
  readonly table: string;
  /** The columns that are written, with their types as the target knows them. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows are inserted or replaced by these columns, and a null value deletes. @defaultValue none: every record is a row of its own */
  readonly primaryKey?: readonly string[];
  /** The row of a record. @defaultValue the columns of the value behind those of the key: see `rowOf` */
  readonly row?: (record: SinkRecord<K, NonNullable<V>>) => Row;
  /** The primary key of the row that a null value deletes. @defaultValue the columns of the key; a key that is no object is the one
   *  column of the primary key that is no bound of a window */
  readonly keyColumns?: (key: K) => Row;
  /** Makes the table when there is none. It is checked in any case. @defaultValue true */
  readonly createTable?: boolean;
  /** Where the positions lie, beside the table. @defaultValue 'hiveframe_sink_positions' */
  readonly positionTable?: string;
  /** Names the sink, in topics, positions and messages. @defaultValue what the target is, and the table: `postgres-<table>`, `sqlite-<table>` */
  readonly name?: string;
}

/** The same with all defaults. */
export interface TableTarget<K, V> {
  readonly table: string;
  readonly columns: Readonly<Record<string, string>>;
  /** null: every record is a row of its own. */
  readonly primaryKey: readonly string[] | null;
  readonly row: TableSinkOptions<K, V>['row'];
  readonly keyColumns: TableSinkOptions<K, V>['keyColumns'];
  readonly createTable: boolean;
  readonly positionTable: string;
  readonly name: string;
}

/** @param kind what the target is, for the name */
export function tableTarget<K, V>(options: TableSinkOptions<K, V>, kind: string): TableTarget<K, V> {
  const { table, columns, primaryKey = null, row, keyColumns, createTable = true } = options;
  const { positionTable = 'hiveframe_sink_positions', name = `${kind}-${table}` } = options;
  return { table, columns, primaryKey, row, keyColumns, createTable, positionTable, name };
}

/** What is wrong with it, a text for each fault. */
export function tableFaults({
  table,
  columns,
  primaryKey,
  positionTable,
}: Pick<TableTarget<never, never>, 'table' | 'columns' | 'primaryKey' | 'positionTable'>): string[] {
  const faults: string[] = [];
  if (table === '') faults.push('table is empty');
  if (Object.keys(columns).length === 0) faults.push('columns names none');
  if (primaryKey?.length === 0) faults.push('primaryKey names no column; leave it out to append');
  const unknown = (primaryKey ?? []).filter((column) => !(column in columns));
  if (unknown.length > 0) faults.push(`primaryKey names ${unknown.join(', ')}, which columns has not`);
  if (table === positionTable) faults.push('table and positionTable are the same');
  return faults;
}
