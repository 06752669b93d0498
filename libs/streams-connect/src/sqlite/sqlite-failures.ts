/** What SQLite answers, by its primary result codes. */
import { SinkError } from '@hiveframe/streams';

const CONSTRAINT = 19;
const MISMATCH = 20;
const TOO_BIG = 18;
const OF_THE_ROW = [CONSTRAINT, MISMATCH, TOO_BIG];
/** ERROR (of a statement), PERM, READONLY, CORRUPT, CANTOPEN, AUTH, NOTADB */
const OF_THE_SETUP = [1, 3, 8, 11, 14, 23, 26];

/** The row is at fault: a constraint; or what is not of SQLite at all, as an integer of more than 64 bits that node:sqlite refuses. */
export function isOfTheRow(error: unknown): error is Error {
  const code = primaryCode(error);
  return code === null || OF_THE_ROW.includes(code);
}

/** As the engine understands it. */
export function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = primaryCode(error);
  const failure = code !== null && OF_THE_SETUP.includes(code) ? 'unusable' : 'unavailable';
  return new SinkError(message, { cause: error, failure });
}

/** Of an extended code the lowest byte; null: not SQLite's. */
function primaryCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}
