import {
  ConfigError,
  silentLogger,
  tableFaults,
  tableTarget,
  type Logger,
  type TableSinkOptions,
  type TableTarget,
} from '@hiveframe/streams';

/** As in `tls.connect`. */
export interface PostgresSslOptions {
  /** Certificates of the authorities, PEM. @defaultValue the system's */
  readonly ca?: string;
  /** Certificate of this client, PEM. @defaultValue none */
  readonly cert?: string;
  /** Its key, PEM. @defaultValue none */
  readonly key?: string;
  /** Whether a server that no authority vouches for is refused. @defaultValue true */
  readonly rejectUnauthorized?: boolean;
}

/** Which table of which database, and how records become its rows. */
export interface PostgresSinkOptions<K, V> extends TableSinkOptions<K, V> {
  /** `postgres://user:password@host:5432/database`. @defaultValue the environment (`PGHOST`, `PGUSER` …), as for psql */
  readonly url?: string;
  /** TLS to the server. @defaultValue what the URL says */
  readonly ssl?: boolean | PostgresSslOptions;
  /** Of the table and of the positions. @defaultValue 'public' */
  readonly schema?: string;
  /** The columns that are written, with their types as PostgreSQL knows them: `{ sensor_id: 'text', avg_temp: 'float8' }`. Numbers in
   *  columns of dates and times are epoch milliseconds. */
  readonly columns: Readonly<Record<string, string>>;
  /** Partitions that write at the same time. @defaultValue 4 */
  readonly maxConnections?: number;
  /** Longest time a statement may take; the write is then tried again. @defaultValue 30_000 */
  readonly statementTimeoutMs?: number;
  /** Gets what the sink has to say. @defaultValue none: nothing is said */
  readonly logger?: Logger;
}

export interface ResolvedPostgresSinkOptions<K, V> extends TableTarget<K, V> {
  readonly url: string | undefined;
  readonly ssl: boolean | PostgresSslOptions | undefined;
  readonly schema: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  readonly logger: Logger;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolvePostgresSinkOptions<K, V>(
  options: PostgresSinkOptions<K, V>,
): ResolvedPostgresSinkOptions<K, V> {
  const resolved: ResolvedPostgresSinkOptions<K, V> = {
    ...tableTarget(options, 'postgres'),
    url: options.url,
    ssl: options.ssl,
    schema: options.schema ?? 'public',
    maxConnections: options.maxConnections ?? 4,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
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
