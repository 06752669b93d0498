import { LogError, SerdeNotReadyError, StoreError, StreamsError } from '@hiveframe/streams';
import { Catch, Injectable, type ArgumentsHost } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { answerProblem, answerProblemText, type Problem } from '../http/problem-details.ts';
import { ProblemsFilter } from '../http/problems.filter.ts';

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

@Injectable()
@Catch()
export class QueryProblemsFilter extends ProblemsFilter {
  /** @internal Nest makes it. */
  constructor(host: HttpAdapterHost) {
    super(host, 'StreamsQueries');
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const response: unknown = host.switchToHttp().getResponse();
    if (error instanceof ForwardedProblem)
      return answerProblemText(this.host, response, error, error.headers);
    const headers = error instanceof KeyNotFound ? error.headers : {};
    answerProblem(this.host, response, this.problemOf(error), headers);
  }

  protected known(error: unknown): Problem | null {
    if (error instanceof KeyNotFound) return { status: 404, detail: error.message, code: error.code };
    const code = StreamsError.is(error) ? error.code : undefined;
    const status = code === undefined ? undefined : STATUS[code];
    return status === undefined ? null : { status, detail: (error as Error).message, code };
  }

  protected unexpected(error: unknown): Problem {
    const code = StreamsError.is(error) ? error.code : undefined;
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
