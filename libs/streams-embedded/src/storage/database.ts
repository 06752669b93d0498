/** Opens the SQLite file of a log, for this process alone.
 *
 *  D1 One owner: the connection keeps SQLite's exclusive file lock from open to close (`locking_mode = EXCLUSIVE`). The system drops
 *     the lock when the process dies, however it dies, so there is nothing to go stale.
 *  D2 Write-ahead log. `synchronous = NORMAL`: a commit is written to the system before it is acknowledged, hence survives kill -9;
 *     the disk is waited for at checkpoints only. `FULL`: at every commit. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { unusable } from '../log-failures.ts';
import { openFailure } from './database-failures.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** Long enough for a predecessor that is just closing. */
const LOCK_WAIT_MS = 500;
/** Of 8 KiB: batches lie in few pages, a commit of a few offsets still writes little. */
const PAGE_BYTES = 8_192;
/** 16 MiB: a checkpoint holds the process up for some 30 ms on a common disk. */
const CHECKPOINT_PAGES = 2_000;

export function openDatabase(checkpointDir: string | null): DatabaseSync {
  if (checkpointDir === null) return prepare(new DatabaseSync(':memory:'), 'memory');
  const path = join(checkpointDir, 'log.sqlite');
  let database: DatabaseSync | null = null;
  try {
    makeDirectory(resolve(checkpointDir));
    accessSync(checkpointDir, constants.W_OK); // SQLite calls a read-only file system an I/O error
    database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    return prepare(database, path);
  } catch (error) {
    database?.close();
    throw openFailure(path, error);
  }
}

/** Not `mkdirSync(path, { recursive: true })`: where a file system answers ENOENT to any mkdir (/proc), that never returns. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path);
}

function prepare(database: DatabaseSync, path: string): DatabaseSync {
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA journal_mode = ${path === 'memory' ? 'MEMORY' : 'WAL'};
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${CHECKPOINT_PAGES * PAGE_BYTES * 4};
    PRAGMA temp_store = MEMORY;
    BEGIN EXCLUSIVE`);
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === 0) database.exec(SCHEMA);
  else if (version !== SCHEMA_VERSION)
    throw unusable(
      `Cannot open the log in ${path}: it has format ${version}, this version reads format ${SCHEMA_VERSION}. ` +
        `Use the version that wrote it, or another checkpointDir.`,
    );
  database.exec('COMMIT');
  return database;
}
