import { LogError, SerdeNotReadyError, StoreError, StreamsError } from '@hiveframe/streams';
import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { answerProblem, answerProblemText, type Problem } from '../http/problem-details.ts';

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
    const response: unknown = host.switchToHttp().getResponse();
    if (error instanceof ForwardedProblem)
      return answerProblemText(this.#host, response, error, error.headers);
    const headers = error instanceof KeyNotFound ? error.headers : {};
    answerProblem(this.#host, response, this.#read(error), headers);
  }

  #read(error: unknown): Problem {
    if (error instanceof HttpException) return { status: error.getStatus(), detail: error.message };
    if (error instanceof KeyNotFound) return { status: 404, detail: error.message, code: error.code };
    const code = StreamsError.is(error) ? error.code : undefined;
    const status = code === undefined ? undefined : STATUS[code];
    if (status !== undefined) return { status, detail: (error as Error).message, code };
    this.#logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof LogError || (error instanceof StoreError && error.retryable))
      return { status: 503, detail: 'The store cannot be reached now. Ask again a little later.', code };
    if (error instanceof SerdeNotReadyError)
      return {
        status: 503,
        detail: 'What is in the store cannot be read now. Ask again a little later.',
        code,
      };
    return { status: 500, detail: 'The query failed; the log of the service says why.' };
  }
}
