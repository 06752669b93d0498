/** Records to a service over HTTP. */
import {
  rejectedFor,
  SinkError,
  type AtLeastOnceSink,
  type RejectedRecord,
  type SinkRecord,
} from '@hiveframe/streams';
import { retryAfterMs } from './retry-after.ts';
import {
  MAX_WRITE_MS,
  resolveWebhookSinkOptions,
  type ResolvedWebhookSinkOptions,
  type WebhookSinkOptions,
} from './webhook-options.ts';

const MAX_BACKOFF_MS = 30_000;
/** Of what an answer says, in messages. */
const MAX_REASON_LENGTH = 200;
/** What is read of an answer. */
const MAX_ANSWER_LENGTH = 64 * 1024;

interface Refusal {
  readonly verdict: 'retry' | 'reject' | 'fail';
  readonly reason: string;
  readonly retryAfterMs: number | null;
}

/** Of one write. */
interface Deadlines {
  readonly retryUntilMs: number;
  readonly beginUntilMs: number;
}

interface Encoded {
  readonly offset: number;
  readonly json: string;
}

/** At least once: a request is acknowledged by its answer, in the order of the partition. A crash, or an answer that is lost, sends
 *  records again; `idempotency-key` (topic, partition, first and last offset) lets the service tell. What it refuses for good goes to
 *  the processing handler, by default a dead letter; of a batch it is found in halves. */
export class WebhookSink<K, V> implements AtLeastOnceSink<K, V> {
  readonly name: string;
  readonly guarantee = 'at_least_once';
  readonly maxBatchRecords: number;
  readonly #options: ResolvedWebhookSinkOptions<K, V>;
  readonly #closed = new AbortController();

  /** @throws ConfigError that names all faults */
  constructor(options: WebhookSinkOptions<K, V>) {
    this.#options = resolveWebhookSinkOptions(options);
    this.name = this.#options.name;
    this.maxBatchRecords = this.#options.maxBatchRecords;
  }

  async write(batch: readonly SinkRecord<K, V>[]): Promise<readonly RejectedRecord[]> {
    const rejected: RejectedRecord[] = [];
    const encoded = batch.flatMap((record) => this.#encode(record, rejected) ?? []);
    const { topic, partition } = batch[0]!;
    const { clock, retryForMs, timeoutMs } = this.#options;
    const nowMs = clock.nowMs();
    const deadlines = { retryUntilMs: nowMs + retryForMs, beginUntilMs: nowMs + MAX_WRITE_MS - timeoutMs };
    for (let i = 0; i < encoded.length; i += this.maxBatchRecords) {
      const part = encoded.slice(i, i + this.maxBatchRecords);
      rejected.push(...(await this.#send(part, `${topic}-${partition}`, deadlines)));
    }
    return rejected;
  }

  /** What waits or is on its way is given up. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('the sink is closed'));
  }

  #encode(record: SinkRecord<K, V>, rejected: RejectedRecord[]): Encoded | null {
    const { offset } = record;
    try {
      return { offset, json: JSON.stringify(this.#options.body(record)) ?? 'null' };
    } catch (error) {
      rejected.push(rejectedFor(offset, error));
      return null;
    }
  }

  async #send(part: readonly Encoded[], at: string, deadlines: Deadlines): Promise<RejectedRecord[]> {
    const refusal = await this.#persistently(part, at, deadlines);
    if (refusal === null) return [];
    if (part.length === 1) return [{ offset: part[0]!.offset, reason: new Error(refusal.reason) }];
    const middle = part.length >> 1;
    const first = await this.#send(part.slice(0, middle), at, deadlines);
    return [...first, ...(await this.#send(part.slice(middle), at, deadlines))];
  }

  /** null: taken. @throws SinkError when it is not taken in time, or never will be */
  async #persistently(
    part: readonly Encoded[],
    at: string,
    { retryUntilMs, beginUntilMs }: Deadlines,
  ): Promise<Refusal | null> {
    const { clock, backoffMs } = this.#options;
    for (let attempt = 0; ; attempt++) {
      if (clock.nowMs() > beginUntilMs)
        throw new SinkError(
          `Cannot send records from offset ${part[0]!.offset} in time: the service is slow. Give it fewer at once (maxBatchRecords).`,
        );
      const refusal = await this.#post(part, at);
      if (refusal === null || refusal.verdict === 'reject') return refusal;
      if (refusal.verdict === 'fail') throw new SinkError(refusal.reason, { failure: 'unusable' });
      const backedOffMs = Math.min(backoffMs * 2 ** attempt, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2);
      const waitMs = Math.max(backedOffMs, refusal.retryAfterMs ?? 0);
      if (clock.nowMs() + waitMs > retryUntilMs) throw new SinkError(refusal.reason);
      await clock.delay(waitMs, this.#closed.signal);
      this.#closed.signal.throwIfAborted();
    }
  }

  async #post(part: readonly Encoded[], at: string): Promise<Refusal | null> {
    const { url, method, headers, fetch: send, timeoutMs, verdict, clock } = this.#options;
    const first = part[0]!.offset;
    const last = part.at(-1)!.offset;
    const json = part.map((one) => one.json);
    try {
      const answer = await send(url, {
        method,
        headers: headersWith(await headers(), {
          'content-type': 'application/json',
          'idempotency-key': first === last ? `${at}-${first}` : `${at}-${first}-${last}`,
        }),
        redirect: 'manual', // followed, a POST becomes a GET without records, which is then answered 200
        body: this.maxBatchRecords === 1 ? json[0]! : `[${json.join(',')}]`,
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(timeoutMs)]),
      });
      const said = verdict(answer.status);
      const text = await beginningOf(answer);
      if (said === 'taken') return null;
      return {
        verdict: said,
        reason: `${method} ${withoutSecrets(url)} was answered ${answer.status}: ${text.slice(0, MAX_REASON_LENGTH)}`,
        retryAfterMs: retryAfterMs(answer.headers.get('retry-after'), clock.nowMs()),
      };
    } catch (error) {
      return {
        verdict: 'retry',
        reason: `${method} ${withoutSecrets(url)}: ${textOf(error)}`,
        retryAfterMs: null,
      };
    }
  }
}

/** Names are the same in whatever case they are written. */
function headersWith(own: Readonly<Record<string, string>>, others: Record<string, string>): Headers {
  const headers = new Headers(others);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  return headers;
}

/** Of a short answer all, so that its connection is free again; of a long one what messages tell. */
async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length >= MAX_ANSWER_LENGTH) break;
  }
  return text;
}

/** Neither user and password nor the query, where tokens lie. */
function withoutSecrets(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** fetch says little itself: its cause knows. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}

/** `new WebhookSink(options)`. */
export function webhookSink<K, V>(options: WebhookSinkOptions<K, V>): WebhookSink<K, V> {
  return new WebhookSink(options);
}
