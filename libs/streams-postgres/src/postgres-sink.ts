/** Results into a table of PostgreSQL, exactly once. */
import type { ExactlyOnceSink, SinkPartition, TableMapping } from '@hiveframe/streams';
import { prepareTables } from './check-table.ts';
import { rowEncoder } from './column-encoding.ts';
import { Database } from './database.ts';
import { sinkError } from './failures.ts';
import {
  resolvePostgresSinkOptions,
  type PostgresSinkOptions,
  type ResolvedPostgresSinkOptions,
} from './options.ts';
import { PostgresPartition, type PostgresTable } from './postgres-partition.ts';
import { statementsFor } from './statements.ts';

/** Writes rows and position in one transaction: no crash, zombie or failover loses or repeats a row. With `primaryKey` rows are
 *  inserted or replaced, and a null value deletes; without, every record is a row. A batch is one statement. What a column cannot
 *  hold, or a constraint forbids, goes to the processing handler alone. One position per application, sink and partition: two
 *  applications that write to one database need different applicationIds. */
export class PostgresSink<K, V> implements ExactlyOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'exactly_once';
  readonly #options: ResolvedPostgresSinkOptions<K, V>;
  #table: Promise<PostgresTable<K, V>> | null = null;

  /** @throws ConfigError that names all faults */
  constructor(options: PostgresSinkOptions<K, V>) {
    this.#options = resolvePostgresSinkOptions(options);
    this.name = this.#options.name;
  }

  /** @throws SinkError; `unusable` for a table that differs from what is declared, or credentials that are refused */
  async open(topic: string, partition: number): Promise<SinkPartition<K, V>> {
    this.#table ??= this.#prepare().catch((error: unknown) => {
      this.#table = null;
      throw sinkError(error);
    });
    return PostgresPartition.open(await this.#table, { topic, partition });
  }

  async close(): Promise<void> {
    const table = await this.#table?.catch(() => null);
    this.#table = null;
    await table?.database.close();
  }

  async #prepare(): Promise<PostgresTable<K, V>> {
    const { columns, primaryKey, row, keyColumns } = this.#options;
    const statements = statementsFor(this.#options);
    const database = new Database(this.#options);
    try {
      await prepareTables(database, this.#options, statements);
    } catch (error) {
      await database.close();
      throw error;
    }
    const names = Object.keys(columns);
    const typed = (some: readonly string[]) => some.map((name) => [name, columns[name]!] as const);
    const encodeRow = rowEncoder(typed(names));
    const encodeKey = rowEncoder(typed(primaryKey ?? []));
    const mapping: TableMapping<K, V, string> = {
      columns: names,
      primaryKey,
      row,
      keyColumns,
      encodeRow,
      encodeKey,
    };
    return { database, statements, mapping };
  }
}

/** `new PostgresSink(options)`. */
export function postgresSink<K, V>(options: PostgresSinkOptions<K, V>): PostgresSink<K, V> {
  return new PostgresSink(options);
}
