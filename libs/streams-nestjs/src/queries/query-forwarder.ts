/** Asks the instance that has a store in its memory, once: what was passed on is not passed on again (`QUERY_HEADERS.forwardedBy`). */
import { StoreNotAvailableError, type StoreNotHereError } from '@hiveframe/streams';
import { ForwardedProblem } from './problems.filter.ts';
import type { Answer } from './queries.service.ts';
import type { ResolvedQueriesOptions } from './queries-options.ts';
import { QUERY_HEADERS } from './query-headers.ts';

/** What is used of a request, of Express or of Fastify. */
export interface QueryRequest {
  /** With prefixes that routers have taken off. */
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Of one connection (RFC 9110), or of the body and its encoding, which are another's. */
const NOT_PASSED_ON = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'if-modified-since',
  'if-none-match',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export class QueryForwarder {
  readonly #options: Pick<ResolvedQueriesOptions, 'forwardProtocol' | 'forwardTimeoutMs'>;
  readonly #self: string;

  /** @param self how this instance is known to the others */
  constructor(options: Pick<ResolvedQueriesOptions, 'forwardProtocol' | 'forwardTimeoutMs'>, self: string) {
    this.#options = options;
    this.#self = self;
  }

  /** @throws StoreNotHereError where nobody may be asked, StoreNotAvailableError where nobody answers, ForwardedProblem */
  async ask(notHere: StoreNotHereError, request: QueryRequest): Promise<Answer> {
    const { owner } = notHere.place;
    const isForwarded = request.headers[QUERY_HEADERS.forwardedBy.toLowerCase()] !== undefined;
    if (owner === null || isForwarded || !request.originalUrl.startsWith('/')) throw notHere;
    const [response, body] = await this.#fetch(owner, request);
    const isAnswer = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    if (response.status === 421 || !isAnswer)
      throw notAnswered(owner, `it answered ${response.status}: it may have gone to another instance`);
    if (!response.ok) throw new ForwardedProblem(response.status, body, headersOf(response));
    return { body, headers: headersOf(response) };
  }

  async #fetch(owner: string, request: QueryRequest): Promise<[Response, body: string]> {
    const { forwardProtocol, forwardTimeoutMs } = this.#options;
    try {
      const response = await fetch(`${forwardProtocol}://${owner}${request.originalUrl}`, {
        headers: [...passedOn(request), [QUERY_HEADERS.forwardedBy, this.#self]],
        redirect: 'manual',
        signal: AbortSignal.timeout(forwardTimeoutMs),
      });
      return [response, await response.text()];
    } catch (error) {
      const { message, cause } = error as Error;
      throw notAnswered(owner, cause instanceof Error ? cause.message : message, error);
    }
  }
}

function passedOn({ headers }: QueryRequest): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined || NOT_PASSED_ON.has(name)) return [];
    return [[name, typeof value === 'string' ? value : value.join(', ')] satisfies [string, string]];
  });
}

function headersOf({ headers }: Response): Record<string, string> {
  const names = [QUERY_HEADERS.position, QUERY_HEADERS.lagOffsets];
  return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : [])));
}

function notAnswered(owner: string, why: string, cause?: unknown): StoreNotAvailableError {
  return new StoreNotAvailableError(
    `Cannot read the store now: ${owner} has it in its memory, and cannot be asked: ${why}. Ask again a little later.`,
    { cause },
  );
}
