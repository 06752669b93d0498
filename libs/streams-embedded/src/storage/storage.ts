/** The open database of a log: its tables, and SQLite transactions over them. */
import type { DatabaseSync } from 'node:sqlite';
import { BatchTable } from './batch-table.ts';
import { OffsetTable } from './offset-table.ts';
import { openDatabase } from './database.ts';
import { ProducerTable } from './producer-table.ts';
import { TopicTable } from './topic-table.ts';

export class Storage {
  readonly topics: TopicTable;
  readonly batches: BatchTable;
  readonly offsets: OffsetTable;
  readonly producers: ProducerTable;
  readonly #database: DatabaseSync;
  #waitsForDisk = false;

  /** @throws LogError `unavailable` when it cannot be opened or belongs to another process */
  constructor(checkpointDir: string | null) {
    this.#database = openDatabase(checkpointDir);
    this.topics = new TopicTable(this.#database);
    this.batches = new BatchTable(this.#database);
    this.offsets = new OffsetTable(this.#database);
    this.producers = new ProducerTable(this.#database);
  }

  /** All that `write` does is kept, or nothing. `waitForDisk`: it is on disk (fsync) when this returns. */
  transaction(waitForDisk: boolean, write: () => void): void {
    this.#setWaitForDisk(waitForDisk);
    this.#database.exec('BEGIN');
    try {
      write();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #setWaitForDisk(wait: boolean): void {
    if (wait === this.#waitsForDisk) return;
    this.#database.exec(`PRAGMA synchronous = ${wait ? 'FULL' : 'NORMAL'}`);
    this.#waitsForDisk = wait;
  }
}
