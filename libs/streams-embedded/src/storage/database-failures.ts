/** SQLite's errors in the words of the log: what could not be done, why, and what to do. */
import { LogError } from '@hiveframe/streams';
import { unavailable, unusable } from '../log-failures.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

const DAMAGED = 'Restore the folder from a copy, or move it away to begin with an empty log';
/** No retry mends these. */
const HOPELESS: ReadonlyMap<number, readonly [why: string, next: string]> = new Map([
  [
    READONLY,
    ['it cannot be written', 'Give this user the right to write the folder, or name another checkpointDir'],
  ],
  [
    CANNOT_OPEN,
    [
      'the file cannot be opened',
      'Give this user the right to write the folder, or name another checkpointDir',
    ],
  ],
  [CORRUPT, ['the file is damaged', DAMAGED]],
  [NOT_A_DATABASE, ['the file is no log, or its beginning is damaged', DAMAGED]],
]);
/** Of the file system: `mkdir` says it before SQLite does. */
const NO_ACCESS: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The primary result code of an error of `node:sqlite`; null for any other error. */
function resultCode(error: unknown): number | null {
  const extended = (error as { errcode?: unknown } | null)?.errcode;
  return typeof extended === 'number' ? extended & 0xff : null;
}

function hopeless(error: unknown): readonly [why: string, next: string] | undefined {
  const code = NO_ACCESS.has((error as { code?: unknown } | null)?.code) ? READONLY : resultCode(error);
  return code === null ? undefined : HOPELESS.get(code);
}

export function openFailure(path: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const what = `Cannot open the log in ${path}`;
  if (resultCode(error) === BUSY) {
    return unavailable(
      `${what}: it is open already, in another process or by another embedded() of this one. ` +
        `Stop the other, or give each a checkpointDir of its own; within a process use share().`,
      error,
    );
  }
  if (resultCode(error) === FULL)
    return unavailable(`${what}: the disk is full. Free some space, and start again.`, error);
  const found = hopeless(error);
  if (found === undefined) return unavailable(`${what}: ${textOf(error)}.`, error);
  return unusable(`${what}: ${found[0]} (${textOf(error)}). ${found[1]}.`, error);
}

/** A failed write. Nothing of it was kept: SQLite has rolled it back. */
export function writeFailure(path: string, error: unknown): LogError {
  const what = `Cannot write to the log in ${path}`;
  const found = hopeless(error);
  if (found !== undefined) return unusable(`${what}: ${found[0]} (${textOf(error)}). ${found[1]}.`, error);
  const isFull = resultCode(error) === FULL;
  const why = isFull
    ? 'the disk is full'
    : resultCode(error) === IO_ERROR
      ? `I/O error (${textOf(error)})`
      : textOf(error);
  const next = isFull
    ? 'Free some space; the log goes on by itself then.'
    : 'Mend the cause; the log goes on then.';
  return unavailable(`${what}: ${why}. Nothing of this write was kept. ${next}`, error);
}

export function readFailure(path: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const what = `Cannot read the log in ${path}`;
  const found = hopeless(error);
  if (found !== undefined) return unusable(`${what}: ${found[0]} (${textOf(error)}). ${found[1]}.`, error);
  return unavailable(`${what}: ${textOf(error)}.`, error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
