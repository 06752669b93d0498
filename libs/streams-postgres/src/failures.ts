/** What PostgreSQL answers, by the classes of its SQLSTATE codes (Appendix A of its manual). */
import pg from 'pg';
import { SinkError } from '@hiveframe/streams';

/** Data exception, integrity constraint or CHECK OPTION violation, two rows of one batch that are one to the server, beyond a limit (a
 *  key too long for its index), RAISE in a trigger: another try ends the same. */
const OF_THE_ROW = ['22', '23', '44', '21', '54', 'P0'];
/** Authorization, unknown database or schema, syntax or access rule: how it was set up. */
const OF_THE_SETUP = ['28', '3D', '3F', '42', '0A'];

/** The row is at fault, not the server. */
export function isOfTheRow(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && OF_THE_ROW.includes(classOf(error));
}

/** As the engine understands it. */
export function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const isOfTheSetup = error instanceof pg.DatabaseError && OF_THE_SETUP.includes(classOf(error));
  const message = error instanceof Error ? textOf(error) : String(error);
  return new SinkError(message, { cause: error, failure: isOfTheSetup ? 'unusable' : 'unavailable' });
}

/** With the detail that PostgreSQL gives beside its message; of several addresses that were tried, what each said. */
export function textOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one: Error) => one.message).join('; ');
  const detail = error instanceof pg.DatabaseError && error.detail !== undefined ? ` (${error.detail})` : '';
  return `${error.message}${detail}`;
}

function classOf({ code = '' }: pg.DatabaseError): string {
  return code.slice(0, 2);
}
