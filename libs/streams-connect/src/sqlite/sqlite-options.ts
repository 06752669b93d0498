import {
  ConfigError,
  tableFaults,
  tableTarget,
  type TableSinkOptions,
  type TableTarget,
} from '@hiveframe/streams';

/** Which table of which file, and how records become its rows. */
export interface SqliteSinkOptions<K, V> extends TableSinkOptions<K, V> {
  /** Made when it is not there; its folder must be. */
  readonly path: string;
  /** The columns that are written, with their types: integer, real, text, blob, any. Objects and arrays are written as JSON, booleans as
   *  0 and 1, dates as ISO 8601. A table that is made is STRICT. */
  readonly columns: Readonly<Record<string, string>>;
  /** How long a write waits, with the process, for another program that writes to the file. @defaultValue 1_000 */
  readonly busyTimeoutMs?: number;
}

export interface ResolvedSqliteSinkOptions<K, V> extends TableTarget<K, V> {
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveSqliteSinkOptions<K, V>(
  options: SqliteSinkOptions<K, V>,
): ResolvedSqliteSinkOptions<K, V> {
  const { path, busyTimeoutMs = 1_000 } = options;
  const resolved = { ...tableTarget(options, 'sqlite'), path, busyTimeoutMs };
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
