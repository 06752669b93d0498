/** Topics with their config, and where each partition begins. */
import type { DatabaseSync } from 'node:sqlite';

export type TopicConfig = Readonly<Record<string, string>>;
export interface StoredPartition {
  readonly id: number;
  readonly number: number;
  readonly startOffset: number;
  readonly endOffset: number;
}
export interface StoredTopic {
  readonly id: number;
  readonly name: string;
  readonly config: TopicConfig;
  /** In the order of their numbers. */
  readonly partitions: readonly StoredPartition[];
}

export class TopicTable {
  readonly #topics;
  readonly #partitions;
  readonly #insertTopic;
  readonly #insertPartition;
  readonly #setStart;
  readonly #setEnd;
  readonly #delete;

  constructor(database: DatabaseSync) {
    this.#topics = database.prepare('SELECT id, name, config FROM topics');
    this.#partitions = database.prepare(
      'SELECT id, number, start_offset, end_offset FROM partitions WHERE topic_id = ? ORDER BY number',
    );
    this.#insertTopic = database.prepare('INSERT INTO topics (name, config) VALUES (?, ?)');
    this.#insertPartition = database.prepare('INSERT INTO partitions (topic_id, number) VALUES (?, ?)');
    this.#setStart = database.prepare('UPDATE partitions SET start_offset = ? WHERE id = ?');
    this.#setEnd = database.prepare('UPDATE partitions SET end_offset = ? WHERE id = ?');
    const ofTopic = 'partition_id IN (SELECT id FROM partitions WHERE topic_id = ?)';
    this.#delete = [
      `DELETE FROM batches WHERE ${ofTopic}`,
      `DELETE FROM open_batches WHERE ${ofTopic}`,
      `DELETE FROM committed_offsets WHERE ${ofTopic}`,
      'DELETE FROM partitions WHERE topic_id = ?',
      'DELETE FROM topics WHERE id = ?',
    ].map((sql) => database.prepare(sql));
  }

  all(): StoredTopic[] {
    return this.#topics.all().map((row) => ({
      id: row['id'] as number,
      name: row['name'] as string,
      config: JSON.parse(row['config'] as string) as TopicConfig,
      partitions: this.#partitionsOf(row['id'] as number),
    }));
  }

  insert(name: string, numPartitions: number, config: TopicConfig): StoredTopic {
    const id = Number(this.#insertTopic.run(name, JSON.stringify(config)).lastInsertRowid);
    for (let number = 0; number < numPartitions; number++) this.#insertPartition.run(id, number);
    return { id, name, config, partitions: this.#partitionsOf(id) };
  }

  setStartOffset(partitionId: number, offset: number): void {
    this.#setStart.run(offset, partitionId);
  }
  setEndOffset(partitionId: number, offset: number): void {
    this.#setEnd.run(offset, partitionId);
  }
  /** With its records and the offsets committed for it. */
  delete(topicId: number): void {
    for (const statement of this.#delete) statement.run(topicId);
  }

  #partitionsOf(topicId: number): StoredPartition[] {
    return this.#partitions.all(topicId).map((row) => ({
      id: row['id'] as number,
      number: row['number'] as number,
      startOffset: row['start_offset'] as number,
      endOffset: row['end_offset'] as number,
    }));
  }
}
