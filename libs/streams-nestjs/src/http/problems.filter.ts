import { HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { answerProblem, type Problem } from './problem-details.ts';

/** Answers with problem details. What failed inside is told to the log, not to the client. */
export abstract class ProblemsFilter implements ExceptionFilter {
  readonly #logger: Logger;
  protected readonly host: HttpAdapterHost;

  protected constructor(host: HttpAdapterHost, loggerName: string) {
    this.host = host;
    this.#logger = new Logger(loggerName);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    answerProblem(this.host, host.switchToHttp().getResponse(), this.problemOf(error));
  }

  protected problemOf(error: unknown): Problem {
    if (error instanceof HttpException) return { status: error.getStatus(), detail: error.message };
    const known = this.known(error);
    if (known !== null) return known;
    this.#logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return this.unexpected(error);
  }

  /** What the client did, or must know; null: it failed inside. */
  protected abstract known(error: unknown): Problem | null;
  protected abstract unexpected(error: unknown): Problem;
}
