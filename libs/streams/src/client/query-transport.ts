import { parseTagged, stringifyTagged } from '../serde/tagged-json.ts';
import { QueryError } from './query.error.ts';
import type { AnswerInfo, StreamsClientOptions } from './streams-client.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_ATTEMPTS = 3;
const DEFAULT_PATH = 'streams/stores';
const NOT_FOUND = 'HFS_KEY_NOT_FOUND';

/** Requests, again while the service says that it cannot answer just now. */
export class QueryTransport {
  readonly #options: StreamsClientOptions;
  readonly #base: string;

  constructor(options: StreamsClientOptions) {
    const { baseUrl, path = DEFAULT_PATH } = options;
    this.#options = options;
    this.#base = `${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+|\/+$/g, '')}`;
  }

  /** A key, for a path or a parameter, both of which must be escaped. */
  encode(key: unknown): string {
    return stringifyTagged(key);
  }

  /** undefined: there is no such key. @throws QueryError */
  async ask<T>(
    path: readonly string[],
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<T | undefined> {
    const query = new URLSearchParams({ ...parameters, ...(path.length > 0 && { keyFormat: 'json' }) });
    const url = `${[this.#base, ...path.map(encodeURIComponent)].join('/')}?${query.toString()}`;
    const { maxAttempts = DEFAULT_ATTEMPTS } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const [response, text] = await this.#fetch(url);
      if (response.ok) return this.#read<T>(response, text, url);
      const error = refusal(response, text, url);
      if (error.problemCode === NOT_FOUND) return undefined;
      if (response.status !== 503 || attempt >= maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs(response)));
    }
  }

  async #fetch(url: string): Promise<[Response, text: string]> {
    const { fetch = globalThis.fetch, headers = {}, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    try {
      const sent = typeof headers === 'function' ? await headers() : headers;
      const response = await fetch(url, { headers: { ...sent }, signal: AbortSignal.timeout(timeoutMs) });
      return [response, await response.text()];
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message : message;
      throw new QueryError(`Cannot ask ${url}: ${why}`, { cause: error });
    }
  }

  #read<T>(response: Response, text: string, url: string): T {
    try {
      const answer = parseTagged(text) as T;
      this.#options.onAnswer?.(infoOf(response));
      return answer;
    } catch (error) {
      throw new QueryError(`Cannot read what ${url} answered: it is no JSON.`, {
        status: response.status,
        cause: error,
      });
    }
  }
}

function refusal(response: Response, text: string, url: string): QueryError {
  const { status } = response;
  try {
    const { detail, code = null } = JSON.parse(text) as { detail?: string; code?: string };
    return new QueryError(`Cannot ask ${url} (${status}): ${detail ?? 'no reason was told'}`, {
      status,
      problemCode: code,
    });
  } catch {
    return new QueryError(`Cannot ask ${url}: it answered ${status}, and no reason.`, { status });
  }
}

function retryAfterMs({ headers }: Response): number {
  const seconds = Number(headers.get('Retry-After') ?? 1);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 10) * 1_000 : 1_000;
}

function infoOf({ headers }: Response): AnswerInfo {
  const lag = headers.get('Streams-Lag-Offsets');
  const positions = (headers.get('Streams-Position') ?? '').split(', ').flatMap((one) => {
    const [partition, offset] = one.split('=');
    return offset === undefined ? [] : [[Number(partition), Number(offset)] as const];
  });
  return { positions: new Map(positions), lagOffsets: lag === null ? null : Number(lag) };
}
