/** One partition of a sink's topic, in the hands of one owner.
 *  P1 A write is one statement: it moves the position on the condition that the epoch is still ours and that the position is where we
 *     left it; the rows are written only if it was moved. So a newer owner, or a server that lost its last commits, refuses it.
 *  P2 When the server says that a row is at fault, the same is done in halves, within one transaction, until each such row is found. */
import { SinkError, tableChanges } from '@hiveframe/streams';
import type {
  RejectedRecord,
  SinkPartition,
  SinkPosition,
  SinkRecord,
  TableChanges,
  TableMapping,
} from '@hiveframe/streams';
import type { Database, Query } from './database.ts';
import { isOfTheRow, sinkError, textOf } from './failures.ts';
import type { Statements } from './statements.ts';

/** What all partitions of a sink share. */
export interface PostgresTable<K, V> {
  readonly database: Database;
  readonly statements: Statements;
  readonly mapping: TableMapping<K, V, string>;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}
interface PositionRow {
  readonly epoch: string;
  readonly next_offset: string | null;
  readonly rejected: readonly string[];
}

export class PostgresPartition<K, V> implements SinkPartition<K, V> {
  readonly position: SinkPosition | null;
  readonly #table: PostgresTable<K, V>;
  readonly #place: Place;
  readonly #epoch: string;
  /** As the server has it, unless a write failed. */
  #standsAt: number | null;

  /** @throws SinkError */
  static async open<K, V>(table: PostgresTable<K, V>, place: Place): Promise<PostgresPartition<K, V>> {
    const values = [place.topic, place.partition];
    try {
      const [row] = await table.database.query<PositionRow>(table.statements.open, values);
      return new PostgresPartition(table, place, row!);
    } catch (error) {
      throw sinkError(error);
    }
  }

  private constructor(table: PostgresTable<K, V>, place: Place, row: PositionRow) {
    this.#table = table;
    this.#place = place;
    this.#epoch = row.epoch;
    this.#standsAt = row.next_offset === null ? null : Number(row.next_offset);
    this.position =
      this.#standsAt === null ? null : { offset: this.#standsAt, rejected: row.rejected.map(Number) };
  }

  async write(
    batch: readonly SinkRecord<K, V>[],
    position: SinkPosition,
  ): Promise<readonly RejectedRecord[]> {
    try {
      const rejected = await this.#write(batch, position);
      this.#standsAt = position.offset;
      return rejected;
    } catch (error) {
      throw sinkError(error);
    }
  }

  async #write(
    batch: readonly SinkRecord<K, V>[],
    position: SinkPosition,
  ): Promise<readonly RejectedRecord[]> {
    const { database, statements, mapping } = this.#table;
    const changes = tableChanges(batch, mapping);
    try {
      const values = [...this.#moveTo(position, changes.rejected), ...this.#changed(changes)];
      const [answer] = await database.query<{ moved: number }>(statements.write, values);
      if (answer!.moved === 0) await this.#refused((text, more) => database.query(text, more));
      return changes.rejected;
    } catch (error) {
      if (!isOfTheRow(error)) throw error;
      return await database.transaction((query) => this.#writeApart(query, batch, position));
    }
  }

  /** P2. The position is moved first: its row is locked then, so the outcome of the halves is this owner's alone. */
  async #writeApart(query: Query, batch: readonly SinkRecord<K, V>[], position: SinkPosition) {
    await query('SET CONSTRAINTS ALL IMMEDIATE'); // what is deferred would be found at the commit, and of no row
    await this.#move(query, position, []);
    const rejected = await this.#applyInHalves(query, batch);
    this.#standsAt = position.offset;
    await this.#move(query, position, rejected);
    return rejected;
  }

  async #applyInHalves(query: Query, batch: readonly SinkRecord<K, V>[]): Promise<RejectedRecord[]> {
    const changes = tableChanges(batch, this.#table.mapping);
    await query('SAVEPOINT half');
    try {
      await query(this.#table.statements.apply, this.#changed(changes));
      await query('RELEASE half');
      return [...changes.rejected];
    } catch (error) {
      if (!isOfTheRow(error)) throw error;
      await query('ROLLBACK TO half');
      await query('RELEASE half');
      if (batch.length === 1) return [{ offset: batch[0]!.offset, reason: new Error(textOf(error)) }];
    }
    const middle = batch.length >> 1;
    const first = await this.#applyInHalves(query, batch.slice(0, middle));
    return [...first, ...(await this.#applyInHalves(query, batch.slice(middle)))];
  }

  async #move(query: Query, position: SinkPosition, rejected: readonly RejectedRecord[]): Promise<void> {
    const moved = await query(this.#table.statements.move, this.#moveTo(position, rejected));
    if (moved.length === 0) await this.#refused(query);
  }

  #moveTo({ offset, rejected }: SinkPosition, more: readonly RejectedRecord[]): unknown[] {
    const { topic, partition } = this.#place;
    const all = [...rejected, ...more.map((one) => one.offset)];
    return [topic, partition, this.#epoch, this.#standsAt, offset, all];
  }

  #changed({ rows, deletedKeys }: TableChanges<string>): unknown[] {
    const written = `[${rows.join(',')}]`;
    return this.#table.mapping.primaryKey === null ? [written] : [written, `[${deletedKeys.join(',')}]`];
  }

  async #refused(query: Query): Promise<never> {
    const { topic, partition } = this.#place;
    const [row] = await query<PositionRow>(this.#table.statements.position, [topic, partition]);
    if (row?.epoch !== this.#epoch) {
      throw new SinkError(
        `another owner has taken over ${topic}-${partition} (epoch ${row?.epoch ?? 'none'}, ours is ${this.#epoch})`,
        { failure: 'fenced' },
      );
    }
    throw new SinkError(
      `PostgreSQL stands at offset ${row.next_offset} of ${topic}-${partition}, not at ${this.#standsAt}: it has lost writes`,
    );
  }
}
