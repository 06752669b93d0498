import { ConfigError, systemClock, type Clock, type SinkRecord } from '@hiveframe/streams';

/** What to do about an answer: it is done; send it again; this record is refused for good; nothing will be taken as it is set up. */
export type WebhookVerdict = 'taken' | 'retry' | 'reject' | 'fail';

/** Where to, in what form, and how often. */
export interface WebhookSinkOptions<K, V> {
  /** Where to, http or https. */
  readonly url: string | URL;
  /** Of the request. @defaultValue 'POST' */
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  /** Beside, or in place of, `content-type` and `idempotency-key`. A function is asked for each request, as for a token that expires.
   *  @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>);
  /** Records in one request. 1: the body is the record's JSON; more: an array of them. @defaultValue 1 */
  readonly maxBatchRecords?: number;
  /** What is sent of a record, made JSON of. @defaultValue key, value, timestampMs, topic, partition, offset */
  readonly body?: (record: SinkRecord<K, V>) => unknown;
  /** What to do about an answer. Redirects are not followed. @defaultValue 2xx taken; 408, 425, 429 and 5xx retry; 3xx, 401, 403 and
   *  407 fail; all others reject */
  readonly verdict?: (status: number) => WebhookVerdict;
  /** Of one request, its answer included. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** Before the second try: half of it up to all of it, by chance; doubled each time, up to 30 s. `Retry-After` counts where it asks
   *  for more. @defaultValue 200 */
  readonly backoffMs?: number;
  /** Tries go on for so long; then the task starts over, and tries again. With `timeoutMs` at most 110_000. @defaultValue 60_000 */
  readonly retryForMs?: number;
  /** Names the sink, in topics and messages. @defaultValue 'webhook' */
  readonly name?: string;
  /** What sends the requests. @defaultValue the process' own */
  readonly fetch?: typeof fetch;
  /** Time and delays. @defaultValue the process' own */
  readonly clock?: Clock;
}

export type ResolvedWebhookSinkOptions<K, V> = Required<Omit<WebhookSinkOptions<K, V>, 'headers'>> & {
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
};

/** Below the two minutes after which a sink is given up: its records would be sent again beside a request that is under way. */
export const MAX_WRITE_MS = 110_000;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveWebhookSinkOptions<K, V>(
  options: WebhookSinkOptions<K, V>,
): ResolvedWebhookSinkOptions<K, V> {
  const { headers = {} } = options;
  const resolved: ResolvedWebhookSinkOptions<K, V> = {
    url: options.url,
    method: options.method ?? 'POST',
    headers: typeof headers === 'function' ? headers : async () => headers,
    maxBatchRecords: options.maxBatchRecords ?? 1,
    body: options.body ?? recordBody,
    verdict: options.verdict ?? verdictOf,
    timeoutMs: options.timeoutMs ?? 10_000,
    backoffMs: options.backoffMs ?? 200,
    retryForMs: options.retryForMs ?? 60_000,
    name: options.name ?? 'webhook',
    fetch: options.fetch ?? fetch,
    clock: options.clock ?? systemClock,
  };
  const faults = findFaults(resolved);
  if (faults.length > 0) throw new ConfigError(`Cannot run sink ${resolved.name}: ${faults.join('; ')}.`);
  return resolved;
}

function recordBody<K, V>({ key, value, timestampMs, topic, partition, offset }: SinkRecord<K, V>): unknown {
  return { key, value, timestampMs, topic, partition, offset };
}

const RETRIED: readonly number[] = [408, 425, 429];
/** No record would be taken there. */
const OF_THE_SETUP: readonly number[] = [401, 403, 407];

function verdictOf(status: number): WebhookVerdict {
  if (status >= 200 && status < 300) return 'taken';
  if (status >= 500 || RETRIED.includes(status)) return 'retry';
  const isRedirect = status >= 300 && status < 400;
  return isRedirect || OF_THE_SETUP.includes(status) ? 'fail' : 'reject';
}

function findFaults(options: ResolvedWebhookSinkOptions<never, never>): string[] {
  const faults: string[] = [];
  const protocol = URL.parse(String(options.url))?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:') faults.push('url is no http or https URL');
  for (const name of ['maxBatchRecords', 'timeoutMs', 'backoffMs', 'retryForMs'] as const) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      faults.push(`${name} must be a whole number of 1 or more, is ${value}`);
    }
  }
  const longestMs = options.retryForMs + options.timeoutMs;
  if (longestMs > MAX_WRITE_MS) {
    faults.push(`retryForMs and timeoutMs together must be at most ${MAX_WRITE_MS}, are ${longestMs}`);
  }
  return faults;
}
