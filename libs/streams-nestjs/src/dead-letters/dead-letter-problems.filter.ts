import { LogError, StreamsError } from '@hiveframe/streams';
import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { answerProblem, type Problem } from '../http/problem-details.ts';

/** Answers with problem details. What failed inside is told to the log, not to the client. */
@Injectable()
@Catch()
export class DeadLetterProblemsFilter implements ExceptionFilter {
  readonly #logger = new Logger('StreamsDeadLetters');
  readonly #host: HttpAdapterHost;

  /** @internal Nest makes it. */
  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    answerProblem(this.#host, host.switchToHttp().getResponse(), this.#read(error));
  }

  #read(error: unknown): Problem {
    if (error instanceof HttpException) return { status: error.getStatus(), detail: error.message };
    const code = StreamsError.is(error) ? error.code : undefined;
    if (code === 'HFS_CONFIG' || code === 'HFS_INVALID_QUERY')
      return { status: 400, detail: (error as Error).message, code };
    if (error instanceof LogError && error.failure.kind === 'fenced')
      return { status: 409, detail: error.message, code };
    this.#logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof LogError && isPassing(error))
      return { status: 503, detail: 'The log cannot be reached now. Ask again a little later.', code };
    return { status: 500, detail: 'It failed; the log of the service says why.', code };
  }
}

function isPassing({ failure }: LogError): boolean {
  return failure.kind === 'unavailable' || failure.kind === 'abortable';
}
