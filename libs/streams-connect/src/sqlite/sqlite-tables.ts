/** The tables of a sink: made where there are none, compared with what was declared where there are. */
import type { DatabaseSync } from 'node:sqlite';
import { SinkError } from '@hiveframe/streams';
import type { ResolvedSqliteSinkOptions } from './sqlite-options.ts';

type Options = Pick<
  ResolvedSqliteSinkOptions<never, never>,
  'table' | 'columns' | 'primaryKey' | 'positionTable' | 'createTable'
>;

/** @throws SinkError `unusable` that names all differences */
export function prepareTables(database: DatabaseSync, options: Options): void {
  const { table, columns, primaryKey, positionTable, createTable } = options;
  database.exec(`CREATE TABLE IF NOT EXISTS ${quoted(positionTable)} (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, next_offset INTEGER, rejected TEXT NOT NULL,
    PRIMARY KEY (topic, partition)) STRICT`);
  if (createTable) {
    const declared = Object.entries(columns).map(([name, type]) => `${quoted(name)} ${type}`);
    const key = primaryKey === null ? [] : [`PRIMARY KEY (${list(primaryKey)})`];
    database.exec(`CREATE TABLE IF NOT EXISTS ${quoted(table)} (${[...declared, ...key].join(', ')}) STRICT`);
  }
  const faults = findFaults(database, options);
  if (faults.length === 0) return;
  throw new SinkError(
    `Table ${table} does not fit what was declared: ${faults.join('; ')}. Change the table or the declaration.`,
    { failure: 'unusable' },
  );
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly is_required: number;
  readonly key: number;
}

function findFaults(database: DatabaseSync, { table, columns, primaryKey }: Options): string[] {
  const found = database
    .prepare(
      `SELECT name, type, "notnull" AND dflt_value IS NULL AND pk = 0 AS is_required, pk AS key FROM pragma_table_xinfo(?)`,
    )
    .all(table) as unknown as ColumnRow[];
  if (found.length === 0) return ['there is no such table, and createTable is false'];
  const faults: string[] = [];
  for (const [name, type] of Object.entries(columns)) {
    const column = found.find((one) => one.name === name);
    if (column === undefined) faults.push(`it has no column ${name}`);
    else if (column.type.toLowerCase() !== type.toLowerCase()) {
      faults.push(`column ${name} is ${column.type}, declared ${type}`);
    }
  }
  for (const { name, is_required: isRequired } of found) {
    if (isRequired === 1 && !(name in columns)) {
      faults.push(`column ${name} is NOT NULL without a default, and is not declared`);
    }
  }
  if (primaryKey !== null && !hasKey(database, table, found, primaryKey)) {
    faults.push(`it has no primary key or unique index on (${primaryKey.join(', ')})`);
  }
  return faults;
}

function hasKey(
  database: DatabaseSync,
  table: string,
  columns: readonly ColumnRow[],
  primaryKey: readonly string[],
): boolean {
  const isKey = (names: readonly string[]) => [...names].sort().join() === [...primaryKey].sort().join();
  if (isKey(columns.filter(({ key }) => key > 0).map(({ name }) => name))) return true;
  const indexes = database
    .prepare(`SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0`)
    .all(table) as unknown as { readonly name: string }[];
  const columnsOf = database.prepare('SELECT name FROM pragma_index_info(?)');
  return indexes.some(({ name }) => {
    const rows = columnsOf.all(name) as unknown as { readonly name: string }[];
    return isKey(rows.map((row) => row.name));
  });
}

export function list(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
