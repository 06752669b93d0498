import {
  ConfigError,
  silentLogger,
  tableFaults,
  type Logger,
  type Row,
  type SinkRecord,
  type TableTarget,
} from '@hiveframe/streams';

/** As in `tls.connect`. */
export interface PostgresSslOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** @defaultValue true */
  readonly rejectUnauthorized?: boolean;
}

/** Which table of which database, and how records become its rows. */
export interface PostgresSinkOptions<K, V> {
  /** `postgres://user:password@host:5432/database`. Left out: the environment (`PGHOST`, `PGUSER` …), as for psql. */
  readonly url?: string;
  /** @defaultValue what the URL says */
  readonly ssl?: boolean | PostgresSslOptions;
  readonly table: string;
  /** @defaultValue 'public' */
  readonly schema?: string;
  /** The columns that are written, with their types as PostgreSQL knows them: `{ sensor_id: 'text', avg_temp: 'float8' }`. Numbers in
   *  columns of dates and times are epoch milliseconds. */
  readonly columns: Readonly<Record<string, string>>;
  /** Rows are inserted or replaced by these columns, and a null value deletes. Left out: every record is a row of its own. */
  readonly primaryKey?: readonly string[];
  /** @defaultValue the columns of the value behind those of the key: see `rowOf` */
  readonly row?: (record: SinkRecord<K, NonNullable<V>>) => Row;
  /** The primary key of the row that a null value deletes. @defaultValue the columns of the key; a key that is no object is the one
   *  column of the primary key that is no bound of a window */
  readonly keyColumns?: (key: K) => Row;
  /** Makes the table when there is none. It is checked in any case. @defaultValue true */
  readonly createTable?: boolean;
  /** Where the positions lie, in the same schema. @defaultValue 'hiveframe_sink_positions' */
  readonly positionTable?: string;
  /** Partitions that write at the same time. @defaultValue 4 */
  readonly maxConnections?: number;
  /** Longest time a statement may take; the write is then tried again. @defaultValue 30_000 */
  readonly statementTimeoutMs?: number;
  /** @defaultValue `postgres-<table>` */
  readonly name?: string;
  /** @defaultValue none */
  readonly logger?: Logger;
}

export interface ResolvedPostgresSinkOptions<K, V> extends TableTarget {
  readonly url: string | undefined;
  readonly ssl: boolean | PostgresSslOptions | undefined;
  readonly schema: string;
  readonly row: PostgresSinkOptions<K, V>['row'];
  readonly keyColumns: PostgresSinkOptions<K, V>['keyColumns'];
  readonly createTable: boolean;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  readonly name: string;
  readonly logger: Logger;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolvePostgresSinkOptions<K, V>(
  options: PostgresSinkOptions<K, V>,
): ResolvedPostgresSinkOptions<K, V> {
  const resolved: ResolvedPostgresSinkOptions<K, V> = {
    url: options.url,
    ssl: options.ssl,
    table: options.table,
    schema: options.schema ?? 'public',
    columns: options.columns,
    primaryKey: options.primaryKey ?? null,
    row: options.row,
    keyColumns: options.keyColumns,
    createTable: options.createTable ?? true,
    positionTable: options.positionTable ?? 'hiveframe_sink_positions',
    maxConnections: options.maxConnections ?? 4,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
    name: options.name ?? `postgres-${options.table}`,
    logger: options.logger ?? silentLogger,
  };
  const faults = findFaults(resolved);
  if (faults.length === 0) return resolved;
  throw new ConfigError(`Cannot write to PostgreSQL table ${resolved.table}: ${faults.join('; ')}.`);
}

function findFaults(options: ResolvedPostgresSinkOptions<never, never>): string[] {
  const { maxConnections, statementTimeoutMs } = options;
  const faults = tableFaults(options);
  if (!isCount(maxConnections)) faults.push(`maxConnections must be 1 or more, is ${maxConnections}`);
  if (!isCount(statementTimeoutMs)) {
    faults.push(`statementTimeoutMs must be 1 or more, is ${statementTimeoutMs}`);
  }
  return faults;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
