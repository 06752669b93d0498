/** What the file system answers, as the engine understands it. */
import { SinkError } from '@hiveframe/streams';

/** Rights, a file where a folder should be, a read-only file system, names that are too long: how it was set up. */
const OF_THE_SETUP = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG', 'EXDEV'];

export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

export function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const failure = OF_THE_SETUP.includes(codeOf(error) ?? '') ? 'unusable' : 'unavailable';
  return new SinkError(message, { cause: error, failure });
}
