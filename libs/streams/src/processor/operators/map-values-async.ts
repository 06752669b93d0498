/** `mapValuesAsync`: calls under way at once, bounded; results wait for the task to take them.
 *  A1 Results leave only inside `drain` and `room`, never from a promise's callback: the task says when records move (T1, T3).
 *  A2 The order they leave in is the caller's choice (`order`); a commit waits until nothing is held.
 *  A3 A call that failed for good rejects `drain` and `room` once, with its record; the others stay held and go on. */
import { TopologyError } from '../../errors/streams.error.ts';
import type { CapturedRecord, Holder, Next, Operator, OperatorContext } from '../operator.ts';
import { AsyncCalls, type AsyncCall } from './async-calls.ts';
import type { AsyncOptions } from './async-options.ts';
import { callWithRetries } from './call-with-retries.ts';
import { HeldRecordError } from './held-record.error.ts';

export type AsyncMapper = (value: unknown, key: unknown, signal: AbortSignal) => Promise<unknown>;
type ResolvedOptions = Required<AsyncOptions>;

/** So much is read ahead of the calls under way, so that a slow one in front does not leave the others without work. */
const READ_AHEAD = 4;

/** @throws TopologyError for options that cannot work */
export function mapValuesAsync(mapper: AsyncMapper, options: AsyncOptions): Operator {
  const resolved = resolveAsyncOptions(options);
  return {
    build(context, next) {
      const mapping = new AsyncMapping(mapper, resolved, context, next);
      context.hold(mapping);
      context.limitTime(() => mapping.ceilingMs);
      return (key, value, timestampMs) => mapping.take(key, value, timestampMs);
    },
  };
}

function resolveAsyncOptions(options: AsyncOptions): ResolvedOptions {
  const resolved = { order: 'all', retries: 0, backoffMs: 100, ...options } as const;
  const { name, concurrency, timeoutMs, retries, backoffMs } = resolved;
  const faults = [
    Number.isInteger(concurrency) && concurrency > 0 ? [] : [`concurrency is ${concurrency}, not 1 or more`],
    timeoutMs > 0 && Number.isFinite(timeoutMs) ? [] : [`timeoutMs is ${timeoutMs}, not more than 0`],
    Number.isInteger(retries) && retries >= 0 ? [] : [`retries is ${retries}, not 0 or more`],
    backoffMs >= 0 && Number.isFinite(backoffMs) ? [] : [`backoffMs is ${backoffMs}, not 0 or more`],
  ].flat();
  if (faults.length > 0) throw new TopologyError(`Cannot declare ${name}: ${faults.join('; ')}.`);
  return resolved;
}

interface HeldRecord extends AsyncCall {
  readonly key: unknown;
  readonly timestampMs: number;
  readonly record: CapturedRecord;
  /** When it came. */
  readonly watermarkMs: number;
}

class AsyncMapping implements Holder {
  readonly limit: number;
  readonly #mapper: AsyncMapper;
  readonly #options: ResolvedOptions;
  readonly #context: OperatorContext;
  readonly #next: Next;
  readonly #calls: AsyncCalls<HeldRecord>;
  /** All that are held, as they came. */
  readonly #inOrder = new Set<HeldRecord>();

  constructor(mapper: AsyncMapper, options: ResolvedOptions, context: OperatorContext, next: Next) {
    this.limit = options.concurrency * READ_AHEAD;
    this.#mapper = mapper;
    this.#options = options;
    this.#context = context;
    this.#next = next;
    this.#calls = new AsyncCalls(options.order, options.concurrency);
  }

  get held(): number {
    return this.#calls.size;
  }

  take(key: unknown, value: unknown, timestampMs: number): void {
    const held: HeldRecord = {
      key,
      timestampMs,
      record: this.#context.record.capture(),
      run: () =>
        callWithRetries((signal) => this.#mapper(value, key, signal), this.#options, this.#context.clock),
      outcome: null,
      watermarkMs: this.#context.time.watermarkMs,
    };
    this.#inOrder.add(held);
    this.#calls.add(held);
  }

  /** The watermark of the oldest record that was not passed on yet. */
  get ceilingMs(): number {
    for (const { watermarkMs } of this.#inOrder) return watermarkMs;
    return Infinity;
  }

  drain(): Promise<void> {
    return this.#passOnUntil(() => this.held === 0);
  }

  room(): Promise<void> {
    return this.#passOnUntil(() => this.held < this.limit);
  }

  async #passOnUntil(enough: () => boolean): Promise<void> {
    for (;;) {
      for (let call = this.#calls.next(); call !== null; call = this.#calls.next()) this.#release(call);
      if (enough()) return;
      await this.#calls.settled();
    }
  }

  #release(call: HeldRecord): void {
    try {
      this.#passOn(call);
    } finally {
      this.#inOrder.delete(call);
    }
  }

  /** What throws behind this operator is that operator's failure, with this record as the current one. */
  #passOn({ key, timestampMs, record, outcome }: HeldRecord): void {
    this.#context.record.restore(record);
    if (outcome!.failed) throw this.#failure(record, outcome!.error);
    this.#next(key, outcome!.value, timestampMs);
  }

  #failure(record: CapturedRecord, cause: unknown): HeldRecordError {
    const { name, retries } = this.#options;
    const attempts = retries === 0 ? '' : ` after ${retries + 1} attempts`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new HeldRecordError(
      `Cannot process ${record.topic}-${record.partition} at offset ${record.offset} in ${name}${attempts}: ${reason}`,
      { record, operatorName: name, cause },
    );
  }
}
