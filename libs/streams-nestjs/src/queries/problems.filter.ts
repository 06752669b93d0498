import { STATUS_CODES } from 'node:http';
import { LogError, StoreError, StreamsError } from '@hiveframe/streams';
import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** The body of an answer that is none (RFC 9457), as `application/problem+json`. */
export interface QueryProblem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Of a `StreamsError`, or `HFS_KEY_NOT_FOUND`; left out for what a guard or the platform refused. */
  readonly code?: string;
}

type AnswerHeaders = Readonly<Record<string, string>>;

/** The store is there, and has no value for the key. */
export class KeyNotFound extends Error {
  readonly code = 'HFS_KEY_NOT_FOUND';
  readonly headers: AnswerHeaders;
  constructor(message: string, headers: AnswerHeaders) {
    super(message);
    this.headers = headers;
  }
}
/** What another instance answered. */
export class ForwardedProblem extends Error {
  readonly status: number;
  readonly body: string;
  readonly headers: AnswerHeaders;
  constructor(status: number, body: string, headers: AnswerHeaders) {
    super(`Another instance answered ${status}.`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** As HTTP has it, in seconds: a restore or a rebalance mostly takes no longer. */
const RETRY_AFTER_SECONDS = '1';

const STATUS: Readonly<Record<string, number>> = {
  HFS_INVALID_QUERY: 400,
  HFS_KEY_NOT_FOUND: 404,
  HFS_UNKNOWN_STORE: 404,
  HFS_STORE_KIND: 409,
  HFS_STORE_NOT_HERE: 421,
  HFS_STORE_NOT_AVAILABLE: 503,
};

/** Answers with problem details. What failed inside is told to the log, not to the client. */
@Injectable()
@Catch()
export class QueryProblemsFilter implements ExceptionFilter {
  readonly #logger = new Logger('StreamsQueries');
  readonly #host: HttpAdapterHost;

  /** @internal Nest makes it. */
  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.#host;
    const response: unknown = host.switchToHttp().getResponse();
    const [status, body] =
      error instanceof ForwardedProblem ? [error.status, error.body] : this.#problem(error);
    const headers = {
      ...(error instanceof ForwardedProblem || error instanceof KeyNotFound ? error.headers : {}),
      ...(status === 503 && { 'Retry-After': RETRY_AFTER_SECONDS }),
      'Cache-Control': 'no-store',
      'Content-Type': 'application/problem+json; charset=utf-8',
    };
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }

  #problem(error: unknown): [status: number, body: string] {
    const [status, detail, code] = this.#read(error);
    const problem: QueryProblem = {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail,
      ...(code !== undefined && { code }),
    };
    return [status, JSON.stringify(problem)];
  }

  #read(error: unknown): [status: number, detail: string, code: string | undefined] {
    if (error instanceof HttpException) return [error.getStatus(), error.message, undefined];
    if (error instanceof KeyNotFound) return [404, error.message, error.code];
    const code = StreamsError.is(error) ? error.code : undefined;
    const status = code === undefined ? undefined : STATUS[code];
    if (status !== undefined) return [status, (error as Error).message, code];
    this.#logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof LogError || (error instanceof StoreError && error.retryable))
      return [503, 'The store cannot be reached now. Ask again a little later.', code];
    return [500, 'The query failed; the log of the service says why.', undefined];
  }
}
