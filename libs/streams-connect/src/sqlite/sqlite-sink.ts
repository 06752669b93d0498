/** Results into a table of an SQLite file, exactly once. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { ExactlyOnceSink, SinkPartition } from '@hiveframe/streams';
import { sinkError } from './sqlite-failures.ts';
import {
  resolveSqliteSinkOptions,
  type ResolvedSqliteSinkOptions,
  type SqliteSinkOptions,
} from './sqlite-options.ts';
import { SqlitePartition, SqliteTable } from './sqlite-partition.ts';
import { prepareTables } from './sqlite-tables.ts';

/** Writes rows and position in one transaction of `node:sqlite`: no crash or zombie loses or repeats a row. With `primaryKey` rows are
 *  inserted or replaced, and a null value deletes; without, every record is a row. What a column cannot hold, or a constraint forbids,
 *  goes to the processing handler alone. Several processes of one machine may share the file, not those of several machines. SQLite
 *  is synchronous: a batch of 1,000 rows holds the process for some milliseconds. */
export class SqliteSink<K, V> implements ExactlyOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'exactly_once';
  readonly #options: ResolvedSqliteSinkOptions<K, V>;
  #table: SqliteTable<K, V> | null = null;

  /** @throws ConfigError that names all faults */
  constructor(options: SqliteSinkOptions<K, V>) {
    this.#options = resolveSqliteSinkOptions(options);
    this.name = this.#options.name;
  }

  /** @throws SinkError; `unusable` for a table that differs from what is declared, or a file that is no database */
  async open(topic: string, partition: number): Promise<SinkPartition<K, V>> {
    this.#table ??= this.#prepare();
    return new SqlitePartition(this.#table, topic, partition);
  }

  async close(): Promise<void> {
    this.#table?.database.close();
    this.#table = null;
  }

  #prepare(): SqliteTable<K, V> {
    const { path, columns, primaryKey, row, keyColumns, busyTimeoutMs } = this.#options;
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path, { timeout: busyTimeoutMs });
      // The position tells what a power failure has cost; FULL sees to it that it costs nothing that was acknowledged.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      prepareTables(database, this.#options);
      const encode = (values: readonly unknown[]) => values.map(toSqlite);
      const names = Object.keys(columns);
      const mapping = { columns: names, primaryKey, row, keyColumns, encodeRow: encode, encodeKey: encode };
      return new SqliteTable<K, V>(database, mapping, this.#options);
    } catch (error) {
      database?.close();
      throw sinkError(error);
    }
  }
}

function toSqlite(value: unknown): SQLInputValue {
  if (value === null || value === undefined || value instanceof Uint8Array) return value ?? null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? null);
}

/** `new SqliteSink(options)`. */
export function sqliteSink<K, V>(options: SqliteSinkOptions<K, V>): SqliteSink<K, V> {
  return new SqliteSink(options);
}
