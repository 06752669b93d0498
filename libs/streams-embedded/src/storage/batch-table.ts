/** Record batches of all partitions, and which of them belong to transactions that have not ended. */
import type { DatabaseSync } from 'node:sqlite';

export interface StoredBatch {
  readonly endOffset: number;
  readonly bytes: Buffer;
}

/** What it takes to abort: keep the end of each partition, then let the batches go. */
function dropStatements(database: DatabaseSync, where: string) {
  const open = `FROM open_batches ${where}`;
  return [
    `UPDATE partitions SET end_offset = max(end_offset,
       (SELECT max(end_offset) FROM open_batches WHERE partition_id = partitions.id))
     WHERE id IN (SELECT partition_id ${open})`,
    `DELETE FROM batches WHERE (partition_id, end_offset) IN (SELECT partition_id, end_offset ${open})`,
    `DELETE ${open}`,
  ].map((sql) => database.prepare(sql));
}

export class BatchTable {
  readonly #insert;
  readonly #select;
  readonly #firstSince;
  readonly #deleteBefore;
  readonly #lastOffset;
  readonly #insertOpen;
  readonly #forgetOpen;
  readonly #dropOpen;
  readonly #dropAllOpen;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('INSERT INTO batches VALUES (?, ?, ?, ?)');
    this.#select = database.prepare(
      'SELECT end_offset, bytes FROM batches WHERE partition_id = ? AND end_offset > ? AND end_offset <= ? ORDER BY end_offset',
    );
    this.#firstSince = database.prepare(
      `SELECT end_offset, bytes FROM batches
       WHERE partition_id = ? AND end_offset > ? AND max_timestamp_ms >= ? ORDER BY end_offset LIMIT 1`,
    );
    this.#deleteBefore = database.prepare('DELETE FROM batches WHERE partition_id = ? AND end_offset <= ?');
    this.#lastOffset = database.prepare('SELECT max(end_offset) AS last FROM batches WHERE partition_id = ?');
    this.#insertOpen = database.prepare('INSERT INTO open_batches VALUES (?, ?, ?)');
    this.#forgetOpen = database.prepare('DELETE FROM open_batches WHERE producer_id = ?');
    this.#dropOpen = dropStatements(database, 'WHERE producer_id = ?');
    this.#dropAllOpen = dropStatements(database, '');
  }

  append(partitionId: number, endOffset: number, maxTimestampMs: number, bytes: Buffer): void {
    this.#insert.run(partitionId, endOffset, maxTimestampMs, bytes);
  }

  /** Batches that end after `fromOffset` and not after `upTo`, until their size has reached `maxBytes`; at least one if there is. */
  read(partitionId: number, fromOffset: number, upTo: number, maxBytes: number): StoredBatch[] {
    const batches: StoredBatch[] = [];
    let sizeBytes = 0;
    for (const row of this.#select.iterate(partitionId, fromOffset, upTo)) {
      const batch = storedBatch(row);
      batches.push(batch);
      sizeBytes += batch.bytes.length;
      if (sizeBytes >= maxBytes) break;
    }
    return batches;
  }

  /** The first batch after `fromOffset` that has a record of `timestampMs` or later. */
  firstSince(partitionId: number, fromOffset: number, timestampMs: number): StoredBatch | null {
    const row = this.#firstSince.get(partitionId, fromOffset, timestampMs);
    return row === undefined ? null : storedBatch(row);
  }

  deleteBefore(partitionId: number, offset: number): void {
    this.#deleteBefore.run(partitionId, offset);
  }

  /** Where the batches end; 0 when there are none. */
  lastOffset(partitionId: number): number {
    return (this.#lastOffset.get(partitionId) as { last: number | null }).last ?? 0;
  }

  markOpen(producerId: number, partitionId: number, endOffset: number): void {
    this.#insertOpen.run(producerId, partitionId, endOffset);
  }
  /** The batches stay: their transaction was committed. */
  commitOpen(producerId: number): void {
    this.#forgetOpen.run(producerId);
  }
  /** The batches go: their transaction was aborted. */
  abortOpen(producerId: number): void {
    for (const statement of this.#dropOpen) statement.run(producerId);
  }
  abortAllOpen(): void {
    for (const statement of this.#dropAllOpen) statement.run();
  }
}

function storedBatch(row: Record<string, unknown>): StoredBatch {
  const bytes = row['bytes'] as Uint8Array;
  return {
    endOffset: row['end_offset'] as number,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
  };
}
