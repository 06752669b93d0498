/** Offsets committed by groups. */
import type { DatabaseSync } from 'node:sqlite';

export interface StoredOffset {
  readonly offset: number;
  readonly metadata: string | undefined;
}

export class OffsetTable {
  readonly #upsert;
  readonly #select;

  constructor(database: DatabaseSync) {
    this.#upsert = database.prepare('INSERT OR REPLACE INTO committed_offsets VALUES (?, ?, ?, ?)');
    this.#select = database.prepare(
      'SELECT committed_offset, metadata FROM committed_offsets WHERE group_id = ? AND partition_id = ?',
    );
  }

  put(groupId: string, partitionId: number, { offset, metadata }: StoredOffset): void {
    this.#upsert.run(groupId, partitionId, offset, metadata ?? null);
  }

  get(groupId: string, partitionId: number): StoredOffset | null {
    const row = this.#select.get(groupId, partitionId);
    if (row === undefined) return null;
    return {
      offset: row['committed_offset'] as number,
      metadata: (row['metadata'] as string | null) ?? undefined,
    };
  }
}
