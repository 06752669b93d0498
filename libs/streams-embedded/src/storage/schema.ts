/** The tables of a log. A record batch is one row: Kafka's bytes as they are, keyed by the offset after its last record, so that
 *  "the batch that holds offset n, or the next one" is one step in the index. */

/** Raised with every change of the tables; kept in SQLite's `user_version`. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE topics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  config TEXT NOT NULL
) STRICT;
-- end_offset: where the log ended when its last records were removed; the batches may reach further, never less far.
CREATE TABLE partitions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  start_offset INTEGER NOT NULL DEFAULT 0,
  end_offset INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic_id, number)
) STRICT;
CREATE TABLE batches (
  partition_id INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  max_timestamp_ms INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX batches_by_offset ON batches (partition_id, end_offset);
-- The batches of transactions that have not ended: gone with commit, and with their batches on abort.
CREATE TABLE open_batches (
  producer_id INTEGER NOT NULL,
  partition_id INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  PRIMARY KEY (producer_id, partition_id, end_offset)
) STRICT, WITHOUT ROWID;
CREATE TABLE producers (
  producer_id INTEGER PRIMARY KEY AUTOINCREMENT,
  transactional_id TEXT NOT NULL UNIQUE,
  epoch INTEGER NOT NULL
) STRICT;
CREATE TABLE committed_offsets (
  group_id TEXT NOT NULL,
  partition_id INTEGER NOT NULL,
  committed_offset INTEGER NOT NULL,
  metadata TEXT,
  PRIMARY KEY (group_id, partition_id)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${SCHEMA_VERSION};
`;
