/** Opens the SQLite file of a log, for this process alone.
 *
 *  D1 One owner: the connection keeps SQLite's exclusive file lock from open to close (`locking_mode = EXCLUSIVE`). The system drops
 *     the lock when the process dies, however it dies, so there is nothing to go stale.
 *  D2 Write-ahead log. `synchronous = NORMAL`: a commit is written to the system before it is acknowledged, hence survives kill -9;
 *     the disk is waited for at checkpoints only. `FULL`: at every commit. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LogError } from '@hiveframe/streams';
import { unavailable } from '../log-failures.ts';
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
    database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    return prepare(database, path);
  } catch (error) {
    database?.close();
    throw error instanceof LogError ? error : unavailable(whyNotOpened(path, error), error);
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
    throw unavailable(
      `Cannot open the log in ${path}: it has format ${version}, this version reads format ${SCHEMA_VERSION}. ` +
        `Use the version that wrote it, or another checkpointDir.`,
    );
  database.exec('COMMIT');
  return database;
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const IO_ERROR = 10;
const FULL = 13;

/** The primary result code of an error of `node:sqlite`; null for any other error. */
function resultCode(error: unknown): number | null {
  const extended = (error as { errcode?: unknown } | null)?.errcode;
  return typeof extended === 'number' ? extended & 0xff : null;
}

function whyNotOpened(path: string, error: unknown): string {
  if (resultCode(error) === BUSY)
    return (
      `Cannot open the log in ${path}: it is open already, in another process or by another embedded() of this one. ` +
      `Stop the other, or give each a checkpointDir of its own; within a process use share().`
    );
  return `Cannot open the log in ${path}: ${textOf(error)}.`;
}

/** A failed write in the words of the log. Nothing of it was kept: SQLite has rolled it back. */
export function writeFailure(path: string, error: unknown): LogError {
  const code = resultCode(error);
  const why =
    code === FULL ? 'the disk is full' : code === IO_ERROR ? `I/O error (${textOf(error)})` : textOf(error);
  const next =
    code === FULL
      ? 'Free some space; the log goes on by itself then.'
      : 'Mend the cause; the log goes on then.';
  return unavailable(
    `Cannot write to the log in ${path}: ${why}. Nothing of this write was kept. ${next}`,
    error,
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
