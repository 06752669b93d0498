import { ConfigError, tableFaults, type Row, type SinkRecord, type TableTarget } from '@hiveframe/streams';

/** Which table of which file, and how records become its rows. */
export interface SqliteSinkOptions<K, V> {
  /** Made when it is not there; its folder must be. */
  readonly path: string;
  readonly table: string;
  /** The columns that are written, with their types: integer, real, text, blob, any. Objects and arrays are written as JSON, booleans as
   *  0 and 1, dates as ISO 8601. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows are inserted or replaced by these columns, and a null value deletes. Left out: every record is a row of its own. */
  readonly primaryKey?: readonly string[];
  /** @defaultValue the columns of the value behind those of the key: see `rowOf` */
  readonly row?: (record: SinkRecord<K, NonNullable<V>>) => Row;
  /** The primary key of the row that a null value deletes. @defaultValue the columns of the key; a key that is no object is the one
   *  column of the primary key that is no bound of a window */
  readonly keyColumns?: (key: K) => Row;
  /** Makes the table (STRICT) when there is none. It is checked in any case. @defaultValue true */
  readonly createTable?: boolean;
  /** Where the positions lie. @defaultValue 'hiveframe_sink_positions' */
  readonly positionTable?: string;
  /** How long a write waits, with the process, for another program that writes to the file. @defaultValue 1_000 */
  readonly busyTimeoutMs?: number;
  /** @defaultValue `sqlite-<table>` */
  readonly name?: string;
}

export interface ResolvedSqliteSinkOptions<K, V> extends TableTarget {
  readonly path: string;
  readonly row: SqliteSinkOptions<K, V>['row'];
  readonly keyColumns: SqliteSinkOptions<K, V>['keyColumns'];
  readonly createTable: boolean;
  readonly busyTimeoutMs: number;
  readonly name: string;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveSqliteSinkOptions<K, V>(
  options: SqliteSinkOptions<K, V>,
): ResolvedSqliteSinkOptions<K, V> {
  const resolved: ResolvedSqliteSinkOptions<K, V> = {
    path: options.path,
    table: options.table,
    columns: options.columns,
    primaryKey: options.primaryKey ?? null,
    row: options.row,
    keyColumns: options.keyColumns,
    createTable: options.createTable ?? true,
    positionTable: options.positionTable ?? 'hiveframe_sink_positions',
    busyTimeoutMs: options.busyTimeoutMs ?? 1_000,
    name: options.name ?? `sqlite-${options.table}`,
  };
  const faults = findFaults(resolved);
  if (faults.length === 0) return resolved;
  throw new ConfigError(`Cannot write to SQLite table ${resolved.table}: ${faults.join('; ')}.`);
}

function findFaults(options: ResolvedSqliteSinkOptions<never, never>): string[] {
  const { busyTimeoutMs } = options;
  const faults = tableFaults(options);
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0) {
    faults.push(`busyTimeoutMs must be a whole number of 0 or more, is ${busyTimeoutMs}`);
  }
  return faults;
}
