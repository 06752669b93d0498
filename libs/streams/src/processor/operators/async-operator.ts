/** Functions that must be awaited, over a stream: calls under way at once, bounded; results wait for the task to take them.
 *  A1 Results leave inside `take`, when they are there at once and nothing is held, or inside `drain` and `room`, never from a
 *     promise's callback: the task says when records move (T1, T3).
 *  A2 The order they leave in is the caller's choice (`order`); a commit waits until nothing is held.
 *  A3 A call that failed for good rejects `drain` and `room` once, with its record; the others stay held and go on.
 *  A4 What is held should be answered soon: a commit, a rebalance and a stop wait for it. So slow calls are not read ahead of. */
import { TopologyError } from '../../errors/streams.error.ts';
import type { CapturedRecord, Holder, Next, Operator, OperatorContext } from '../operator.ts';
import { AsyncCalls, type AsyncCall } from './async-calls.ts';
import type { AsyncOptions } from './async-options.ts';
import { Attempts } from './attempts.ts';
import { HeldRecordError } from './held-record.error.ts';

/** So much is read ahead of quick calls, so that one that is slower than the others does not leave them without work. */
const READ_AHEAD = 4;
/** Where few calls may run at once, so that a round of the task is worth its cost. */
const MIN_READ_AHEAD = 32;
/** No more is read ahead than is answered in about so long. */
const READ_AHEAD_MS = 1_000;
/** Of records held beyond the calls under way. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

type ResolvedOptions = Required<AsyncOptions>;

const DEFAULTS = {
  order: 'all',
  retries: 0,
  backoffMs: 100,
  retryBudgetMs: Infinity,
  retryWhen: () => true,
} satisfies Partial<AsyncOptions>;

/** What is done with each record, in one task. */
export interface AsyncStage {
  /** What asks for the answer; called anew for each attempt. */
  readonly call: (key: unknown, value: unknown, timestampMs: number) => (signal: AbortSignal) => unknown;
  /** The record it is the answer to is the current one. */
  readonly passOn: (answer: unknown, key: unknown, timestampMs: number) => void;
}

/** @throws TopologyError for options that cannot work */
export function asyncOperator(
  options: AsyncOptions,
  stage: (context: OperatorContext, next: Next, sides: readonly Next[]) => AsyncStage,
): Operator {
  const resolved = resolveAsyncOptions(options);
  return {
    build(context, next, sides) {
      const operator = new AsyncOperator(stage(context, next, sides), resolved, context);
      context.hold(operator);
      context.limitTime(() => operator.ceilingMs);
      return (key, value, timestampMs) => operator.take(key, value, timestampMs);
    },
  };
}

export function resolveAsyncOptions(options: AsyncOptions): ResolvedOptions {
  const resolved = { ...DEFAULTS, ...options };
  const { name, concurrency, timeoutMs, retries, backoffMs, retryBudgetMs } = resolved;
  const faults = [
    Number.isInteger(concurrency) && concurrency > 0 ? [] : [`concurrency is ${concurrency}, not 1 or more`],
    timeoutMs > 0 && Number.isFinite(timeoutMs) ? [] : [`timeoutMs is ${timeoutMs}, not more than 0`],
    Number.isInteger(retries) && retries >= 0 ? [] : [`retries is ${retries}, not 0 or more`],
    backoffMs >= 0 && Number.isFinite(backoffMs) ? [] : [`backoffMs is ${backoffMs}, not 0 or more`],
    retryBudgetMs >= 0 ? [] : [`retryBudgetMs is ${retryBudgetMs}, not 0 or more`],
  ].flat();
  if (faults.length > 0) throw new TopologyError(`Cannot declare ${name}: ${faults.join('; ')}.`);
  return resolved;
}

interface HeldRecord extends AsyncCall {
  readonly timestampMs: number;
  /** When it came. */
  readonly watermarkMs: number;
  readonly bytes: number;
  /** null: it is the current one still. */
  record: CapturedRecord | null;
}

class AsyncOperator implements Holder {
  readonly #stage: AsyncStage;
  readonly #options: ResolvedOptions;
  readonly #context: OperatorContext;
  readonly #attempts: Attempts;
  readonly #calls: AsyncCalls<HeldRecord>;
  /** All that are held, as they came. */
  readonly #inOrder = new Set<HeldRecord>();
  #heldBytes = 0;
  #limit: number;

  constructor(stage: AsyncStage, options: ResolvedOptions, context: OperatorContext) {
    this.#stage = stage;
    this.#options = options;
    this.#context = context;
    this.#attempts = new Attempts(options, context.clock);
    this.#calls = new AsyncCalls(options.order, options.concurrency, this.#attempts);
    this.#limit = options.concurrency;
  }

  get held(): number {
    return this.#calls.size;
  }
  get limit(): number {
    return this.#limit;
  }
  get isFull(): boolean {
    const { held } = this;
    return held >= this.#limit || (this.#heldBytes >= MAX_HELD_BYTES && held >= this.#options.concurrency);
  }

  take(key: unknown, value: unknown, timestampMs: number): void {
    this.#context.entered(this.#options.name);
    const call = this.#call(key, value, timestampMs);
    const isAlone = this.held === 0;
    this.#calls.add(call);
    const { outcome } = call;
    if (isAlone && outcome !== null && !outcome.failed) {
      this.#calls.next();
      return this.#stage.passOn(outcome.value, key, timestampMs);
    }
    call.record = this.#context.record.capture();
    this.#inOrder.add(call);
    this.#heldBytes += call.bytes;
  }

  #call(key: unknown, value: unknown, timestampMs: number): HeldRecord {
    const { record, time } = this.#context;
    return {
      key,
      timestampMs,
      watermarkMs: time.watermarkMs,
      bytes: record.sizeBytes,
      run: this.#stage.call(key, value, timestampMs),
      record: null,
      outcome: null,
    };
  }

  /** The watermark of the oldest record that was not passed on yet. */
  get ceilingMs(): number {
    for (const { watermarkMs } of this.#inOrder) return watermarkMs;
    return Infinity;
  }

  abandon(): void {
    this.#attempts.abandon();
  }

  drain(): Promise<void> {
    return this.#passOnUntil(() => this.held === 0);
  }

  room(): Promise<void> {
    return this.#passOnUntil(() => !this.isFull);
  }

  async #passOnUntil(enough: () => boolean): Promise<void> {
    const beganMs = this.#context.clock.nowMs();
    let passedOn = 0;
    for (;;) {
      for (let call = this.#calls.next(); call !== null; call = this.#calls.next(), passedOn++)
        this.#release(call);
      if (enough()) break;
      await this.#calls.settled();
    }
    if (this.held === 0) this.#attempts.rest();
    if (passedOn > 0) this.#adapt((this.#context.clock.nowMs() - beganMs) / passedOn);
  }

  /** A4, by how long the last ones were waited for. */
  #adapt(msPerRecord: number): void {
    const { concurrency } = this.#options;
    const most = Math.max(concurrency * READ_AHEAD, MIN_READ_AHEAD);
    const answered = Math.floor(READ_AHEAD_MS / msPerRecord); // Infinity when there was no wait
    this.#limit = Math.max(concurrency, Math.min(answered, most));
  }

  #release(call: HeldRecord): void {
    try {
      this.#passOn(call);
    } finally {
      this.#inOrder.delete(call);
      this.#heldBytes -= call.bytes;
    }
  }

  /** What throws behind this operator is that operator's failure, with this record as the current one. */
  #passOn({ key, timestampMs, record, outcome }: HeldRecord): void {
    this.#context.record.restore(record!);
    if (outcome!.failed) throw this.#failure(record!, outcome!.error, outcome!.attempts);
    this.#stage.passOn(outcome!.value, key, timestampMs);
  }

  #failure(record: CapturedRecord, cause: unknown, count: number): HeldRecordError {
    const { name } = this.#options;
    const attempts = count === 1 ? '' : ` after ${count} attempts`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new HeldRecordError(
      `Cannot process ${record.topic}-${record.partition} at offset ${record.offset} in ${name}${attempts}: ${reason}`,
      { record, operatorName: name, cause },
    );
  }
}
