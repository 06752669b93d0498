/** Connections to one database. Nothing here waits for ever: neither for a server that is gone, nor for a lock that a frozen process
 *  holds (the server ends a transaction that is idle for so long). */
import pg from 'pg';
import type { Logger } from '@hiveframe/streams';
import { sinkError } from './failures.ts';
import type { ResolvedPostgresSinkOptions } from './options.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A zombie's transaction holds the position's row for no longer. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Beyond the server's own limit it does not answer at all. */
const ANSWER_MARGIN_MS = 5_000;

type Settings = Pick<
  ResolvedPostgresSinkOptions<never, never>,
  'url' | 'ssl' | 'maxConnections' | 'statementTimeoutMs' | 'logger'
>;

export type Query = <R extends pg.QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<readonly R[]>;

export class Database {
  readonly #pool: pg.Pool;

  constructor({ url, ssl, maxConnections, statementTimeoutMs, logger }: Settings) {
    this.#pool = new pg.Pool({
      ...(url !== undefined && { connectionString: url }),
      ...(ssl !== undefined && { ssl }),
      max: maxConnections,
      application_name: 'hiveframe-sink',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + ANSWER_MARGIN_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    });
    this.#pool.on('error', (error) => tell(logger, error));
    // In use, a connection that breaks fails its query; the event of its own would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One statement is one transaction. A connection on which it failed is not used again: what was sent there may still run.
   *  @throws what PostgreSQL says, as pg throws it */
  async query<R extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly R[]> {
    return this.#withClient(async (query) => query<R>(text, values));
  }

  async transaction<T>(action: (query: Query) => Promise<T>): Promise<T> {
    return this.#withClient(async (query) => {
      await query('BEGIN');
      const result = await action(query); // a failure ends the connection, and the transaction with it
      await query('COMMIT');
      return result;
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #withClient<T>(action: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw sinkError(error);
    });
    let isDone = false;
    try {
      const result = await action(async (text, values = []) => (await client.query(text, [...values])).rows);
      isDone = true;
      return result;
    } finally {
      client.release(!isDone);
    }
  }
}

/** Of a connection that nobody uses. */
function tell(logger: Logger, error: Error): void {
  logger.log('warn', `An idle connection to PostgreSQL was lost: ${error.message}`);
}
