import { LogError, StreamsError } from '@hiveframe/streams';
import { Catch, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Problem } from '../http/problem-details.ts';
import { ProblemsFilter } from '../http/problems.filter.ts';

@Injectable()
@Catch()
export class DeadLetterProblemsFilter extends ProblemsFilter {
  /** @internal Nest makes it. */
  constructor(host: HttpAdapterHost) {
    super(host, 'StreamsDeadLetters');
  }

  protected known(error: unknown): Problem | null {
    const code = codeOf(error);
    if (code === 'HFS_CONFIG' || code === 'HFS_INVALID_QUERY')
      return { status: 400, detail: (error as Error).message, code };
    if (error instanceof LogError && error.failure.kind === 'fenced')
      return { status: 409, detail: error.message, code };
    return null;
  }

  protected unexpected(error: unknown): Problem {
    const code = codeOf(error);
    if (error instanceof LogError && isPassing(error))
      return { status: 503, detail: 'The log cannot be reached now. Ask again a little later.', code };
    return { status: 500, detail: 'It failed; the log of the service says why.', code };
  }
}

function codeOf(error: unknown): string | undefined {
  return StreamsError.is(error) ? error.code : undefined;
}

function isPassing({ failure }: LogError): boolean {
  return failure.kind === 'unavailable' || failure.kind === 'abortable';
}
