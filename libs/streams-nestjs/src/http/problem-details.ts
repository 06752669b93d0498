import { STATUS_CODES } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';

/** The body of an answer that is none (RFC 9457), as `application/problem+json`. */
export interface ProblemDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Of a `StreamsError`, or `HFS_KEY_NOT_FOUND`; left out for what a guard or the platform refused. */
  readonly code?: string;
}

export interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly code?: string | undefined;
}

/** As HTTP has it, in seconds: a restore or a rebalance mostly takes no longer. */
const RETRY_AFTER_SECONDS = '1';

export function answerProblem(
  host: HttpAdapterHost,
  response: unknown,
  { status, detail, code }: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const problem: ProblemDetails = {
    type: 'about:blank',
    title,
    status,
    detail,
    ...(code !== undefined && { code }),
  };
  answerProblemText(host, response, { status, body: JSON.stringify(problem) }, headers);
}

/** `body` is a problem already, as another instance wrote it. */
export function answerProblemText(
  { httpAdapter }: HttpAdapterHost,
  response: unknown,
  { status, body }: { readonly status: number; readonly body: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = {
    ...headers,
    ...(status === 503 && { 'Retry-After': RETRY_AFTER_SECONDS }),
    'Cache-Control': 'no-store',
    'Content-Type': 'application/problem+json; charset=utf-8',
  };
  for (const [name, value] of Object.entries(all)) httpAdapter.setHeader(response, name, value);
  httpAdapter.reply(response, body, status);
}
