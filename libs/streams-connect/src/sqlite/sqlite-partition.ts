/** One partition of a sink's topic, in the hands of one owner. A write is one transaction: it moves the position, on the condition that
 *  the epoch is still ours and that the position is where we left it, and writes the rows. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { SinkError, tableChange } from '@hiveframe/streams';
import type {
  RejectedRecord,
  SinkPartition,
  SinkPosition,
  SinkRecord,
  TableMapping,
} from '@hiveframe/streams';
import { isOfTheRow, sinkError } from './sqlite-failures.ts';
import { list, quoted } from './sqlite-tables.ts';

export type SqliteMapping<K, V> = TableMapping<K, V, readonly SQLInputValue[]>;

/** Prepared once, for all partitions of a sink. */
export class SqliteTable<K, V> {
  readonly database: DatabaseSync;
  readonly mapping: SqliteMapping<K, V>;
  readonly open: StatementSync;
  readonly position: StatementSync;
  readonly move: StatementSync;
  readonly put: StatementSync;
  /** null without a primary key. */
  readonly remove: StatementSync | null;

  constructor(
    database: DatabaseSync,
    mapping: SqliteMapping<K, V>,
    { table, positionTable }: { readonly table: string; readonly positionTable: string },
  ) {
    const { columns, primaryKey } = mapping;
    const positions = quoted(positionTable);
    this.database = database;
    this.mapping = mapping;
    this.open = database.prepare(
      `INSERT INTO ${positions} (topic, partition, epoch, rejected) VALUES (?, ?, 1, '[]')
       ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch, next_offset, rejected`,
    );
    this.position = database.prepare(
      `SELECT epoch, next_offset FROM ${positions} WHERE topic = ? AND partition = ?`,
    );
    this.move = database.prepare(
      `UPDATE ${positions} SET next_offset = ?, rejected = ?
       WHERE topic = ? AND partition = ? AND epoch = ? AND next_offset IS ?`,
    );
    const marks = columns.map(() => '?').join(', ');
    this.put = database.prepare(
      `INSERT INTO ${quoted(table)} (${list(columns)}) VALUES (${marks}) ${onConflict(columns, primaryKey)}`,
    );
    const same = primaryKey?.map((column) => `${quoted(column)} = ?`).join(' AND ');
    this.remove = same === undefined ? null : database.prepare(`DELETE FROM ${quoted(table)} WHERE ${same}`);
  }
}

function onConflict(columns: readonly string[], primaryKey: readonly string[] | null): string {
  if (primaryKey === null) return '';
  const others = columns.filter((column) => !primaryKey.includes(column));
  const replaced = others.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
  return `ON CONFLICT (${list(primaryKey)}) DO ${replaced === '' ? 'NOTHING' : `UPDATE SET ${replaced}`}`;
}

interface PositionRow {
  readonly epoch: number;
  readonly next_offset: number | null;
  readonly rejected: string;
}

export class SqlitePartition<K, V> implements SinkPartition<K, V> {
  readonly position: SinkPosition | null;
  readonly #table: SqliteTable<K, V>;
  readonly #topic: string;
  readonly #partition: number;
  readonly #epoch: number;
  #standsAt: number | null;

  /** @throws SinkError */
  constructor(table: SqliteTable<K, V>, topic: string, partition: number) {
    const row = attempt(() => table.open.get(topic, partition)) as unknown as PositionRow;
    this.#table = table;
    this.#topic = topic;
    this.#partition = partition;
    this.#epoch = row.epoch;
    this.#standsAt = row.next_offset;
    this.position =
      this.#standsAt === null
        ? null
        : { offset: this.#standsAt, rejected: JSON.parse(row.rejected) as number[] };
  }

  async write(
    batch: readonly SinkRecord<K, V>[],
    position: SinkPosition,
  ): Promise<readonly RejectedRecord[]> {
    const { database } = this.#table;
    return attempt(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const rejected = this.#write(batch, position);
        this.#commit();
        this.#standsAt = position.offset;
        return rejected;
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK');
      }
    });
  }

  #write(batch: readonly SinkRecord<K, V>[], { offset, rejected }: SinkPosition): RejectedRecord[] {
    this.#move(this.#standsAt, offset, rejected); // first: who is fenced writes no row
    const refused = batch.flatMap((record) => this.#put(record) ?? []);
    if (refused.length > 0) this.#move(offset, offset, [...rejected, ...refused.map((one) => one.offset)]);
    return refused;
  }

  /** A statement that fails changes nothing, and the transaction goes on. */
  #put(record: SinkRecord<K, V>): RejectedRecord | null {
    try {
      const { encoded, isDeletion } = tableChange(record, this.#table.mapping);
      if (isDeletion) this.#table.remove!.run(...encoded);
      else this.#table.put.run(...encoded);
      return null;
    } catch (error) {
      if (!isOfTheRow(error)) throw error;
      this.#requireTransaction(error);
      return { offset: record.offset, reason: error };
    }
  }

  /** Without it the rows behind would be written each for itself. */
  #requireTransaction(cause: Error): void {
    if (this.#table.database.isTransaction) return;
    throw new SinkError(
      `what refuses a row rolls the whole transaction back (${cause.message}): let it ABORT, not ROLLBACK, in ON CONFLICT and RAISE`,
      { cause, failure: 'unusable' },
    );
  }

  #commit(): void {
    try {
      this.#table.database.exec('COMMIT');
    } catch (error) {
      if (!isOfTheRow(error)) throw error;
      throw new SinkError(
        `a constraint refuses rows only at the commit (${error.message}), when none can be told from the others: declare it without DEFERRABLE INITIALLY DEFERRED`,
        { cause: error, failure: 'unusable' },
      );
    }
  }

  #move(from: number | null, to: number, rejected: readonly number[]): void {
    const { move, position } = this.#table;
    const moved = move.run(to, JSON.stringify(rejected), this.#topic, this.#partition, this.#epoch, from);
    if (moved.changes === 1) return;
    const at = `${this.#topic}-${this.#partition}`;
    const row = position.get(this.#topic, this.#partition) as unknown as PositionRow | undefined;
    if (row?.epoch !== this.#epoch) {
      throw new SinkError(`another owner has taken over ${at}`, { failure: 'fenced' });
    }
    throw new SinkError(
      `the file stands at offset ${row.next_offset} of ${at}, not at ${from}: it was brought back to an older state`,
    );
  }
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw sinkError(error);
  }
}
