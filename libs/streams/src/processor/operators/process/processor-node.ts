/** Runs a user's processor in a task: records and punctuations one by one, in the order they came.
 *  N1 What returns no promise is done at once. Behind a promise everything waits, and the task waits for it in `drain` and `room`:
 *     also for writes to stores that must read first, whoever awaits them.
 *  N2 What is forwarded has the headers and the origin of the record that is processed; a punctuation's has none.
 *  N3 A stream-time punctuation that is due comes before the record that moved the time, also where both had to wait. */
import { ProcessingError, PunctuationError } from '../../../errors/streams.error.ts';
import type { CapturedRecord, Headers, MaybePromise } from '../../../record/record.ts';
import type {
  Forwarded,
  Processor,
  PunctuationOptions,
  ScheduledPunctuation,
} from '../../../topology/processor.ts';
import type { Holder, Next, OperatorContext } from '../../operator.ts';
import { forwardedTime } from '../forwarded-time.ts';
import type { ParkedRecord, Parking } from '../lane.ts';
import type { Fire, Schedule } from './schedule.ts';

/** Reads what a record needs before it is processed. False: it must wait for it. */
export type Prefetch = (record: Forwarded<unknown, unknown>) => boolean;

interface Step {
  /** What it runs with; null: without a record. */
  readonly origin: CapturedRecord | null;
  readonly timestampMs: number;
  readonly watermarkMs: number;
  /** Left out: it has no record. */
  readonly isSameKey?: (key: unknown) => boolean;
  run(): MaybePromise<void>;
}
interface Running extends Step {
  readonly promise: Promise<void>;
}
type Punctuate = (nowMs: number) => MaybePromise<void>;

export class ProcessorNode implements Holder, Parking {
  readonly limit = 1;
  readonly context: OperatorContext;
  readonly #name: string;
  readonly #outputs: readonly Next[];
  readonly #schedule: Schedule;
  #processor: Processor<unknown, unknown> | null = null;
  #prefetch: Prefetch | null = null;
  #expire: readonly ((watermarkMs: number) => void)[] = [];
  #waiting: Step[] = [];
  #running: Running | null = null;
  /** What may forward now; null: nothing. */
  #step: Step | null = null;
  #draining: Promise<void> | null = null;
  /** What the step that runs now has begun and not awaited. */
  #begun: Promise<unknown>[] = [];

  /** @param outputs the main one first */
  constructor(name: string, context: OperatorContext, outputs: readonly Next[], schedule: Schedule) {
    this.#name = name;
    this.context = context;
    this.#outputs = outputs;
    this.#schedule = schedule;
  }

  /** @param expire lets go what stores keep no longer than that */
  begin(
    processor: Processor<unknown, unknown>,
    prefetch: Prefetch | null,
    expire: readonly ((watermarkMs: number) => void)[],
  ): void {
    this.#processor = processor;
    this.#prefetch = prefetch;
    this.#expire = expire;
  }

  schedule(options: PunctuationOptions, punctuate?: Punctuate): ScheduledPunctuation {
    const { name } = options;
    if (this.#processor !== null) return this.#scheduleNow(options, punctuate);
    if (punctuate === undefined)
      throw this.#cannotSchedule(name, 'while the processor is created, give the function that it calls');
    let isCancelled = false;
    const call = (nowMs: number): MaybePromise<void> => (isCancelled ? undefined : punctuate(nowMs));
    const end = this.#schedule.add(options, (nowMs, watermarkMs) =>
      this.#punctuate(name, nowMs, watermarkMs, call),
    );
    return {
      cancel: () => {
        isCancelled = true; // it may be due already, and wait
        end();
      },
    };
  }

  #scheduleNow(options: PunctuationOptions, punctuate?: Punctuate): ScheduledPunctuation {
    const { name } = options;
    const step = this.#requireStep(name);
    if (punctuate !== undefined)
      throw this.#cannotSchedule(
        name,
        'it is processing already, and a function cannot be kept over a restart. Leave it out, and give the processor a punctuate method',
      );
    if (this.#processor!.punctuate === undefined)
      throw this.#cannotSchedule(name, 'its processor has no punctuate method to call');
    this.#schedule.keep(options, this.#fireOf(name), step.timestampMs, step.watermarkMs);
    return this.#handle(name);
  }

  scheduled(name: string): ScheduledPunctuation | undefined {
    return this.#schedule.isKept(name) ? this.#handle(name) : undefined;
  }

  #handle(name: string): ScheduledPunctuation {
    return {
      cancel: () => {
        this.#requireStep(name);
        this.#schedule.cancel(name);
      },
    };
  }

  #fireOf(name: string): Fire {
    return (nowMs, watermarkMs) =>
      this.#punctuate(name, nowMs, watermarkMs, (atMs) => this.#callPunctuate(name, atMs));
  }

  #callPunctuate(name: string, nowMs: number): MaybePromise<void> {
    const processor = this.#processor!;
    if (!this.#schedule.isKept(name)) return; // cancelled while it waited
    if (processor.punctuate !== undefined) return processor.punctuate(name, nowMs);
    throw new ProcessingError('its processor has no punctuate method any more, and it was not cancelled');
  }

  /** What is kept belongs to the commit of a record or a punctuation. */
  #requireStep(name: string): Step {
    if (this.#step !== null) return this.#step;
    throw this.#cannotSchedule(
      name,
      'nothing is processed. Schedule and cancel within process or a punctuation, and await what you start there',
    );
  }

  #cannotSchedule(name: string, why: string): ProcessingError {
    return new ProcessingError(`Cannot schedule punctuation ${name} in ${this.#name}: ${why}.`);
  }

  /** The step that runs now is not over before this is. */
  waitFor(pending: Promise<unknown>): void {
    pending.catch(() => {}); // the step tells of it
    this.#begun.push(pending);
  }

  /** Resolves when it is done, unless it has to wait for what came before; it never rejects: `drain` tells. */
  #punctuate(
    name: string,
    nowMs: number,
    watermarkMs: number,
    punctuate: Punctuate,
  ): Promise<void> | undefined {
    const failed = (cause: unknown): never => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PunctuationError(
        `Cannot run punctuation ${name} of ${this.#name} at ${new Date(nowMs).toISOString()}: ${reason}`,
        { cause },
      );
    };
    const run = (): MaybePromise<void> => {
      try {
        const promise = punctuate(nowMs);
        return promise instanceof Promise ? promise.catch(failed) : promise;
      } catch (error) {
        failed(error);
      }
    };
    this.#do({ origin: null, timestampMs: nowMs, watermarkMs, run });
    return this.#running?.promise.catch(() => {});
  }

  /** Event time of what runs now. */
  get timeMs(): number {
    return this.#step?.timestampMs ?? -1;
  }

  get held(): number {
    const loading = this.#schedule.mustLoad ? 1 : 0;
    return this.#waiting.length + (this.#running === null ? 0 : 1) + loading + this.context.lane.held;
  }
  get isFull(): boolean {
    return this.#running !== null || this.context.lane.isFull;
  }
  get ceilingMs(): number {
    const first = this.#running ?? this.#waiting[0];
    return Math.min(first?.watermarkMs ?? Infinity, this.context.lane.oldestWatermarkMs);
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const { lane, record, time } = this.context;
    this.advance(time.watermarkMs);
    const isKnown = this.#prefetch?.({ key, value, timestampMs, headers: record.headers() }) ?? true;
    if (isKnown && lane.isClear) this.#take(key, value, timestampMs, time.watermarkMs);
    else lane.park(this, key, value, timestampMs);
  }

  process({ key, value, timestampMs, watermarkMs }: ParkedRecord): void {
    this.#take(key, value, timestampMs, watermarkMs);
  }

  #take(key: unknown, value: unknown, timestampMs: number, watermarkMs: number): void {
    const { record } = this.context;
    if (this.#isFree) this.#punctuateUntil(watermarkMs);
    const headers = record.headers();
    const { topic, partition, offset } = record;
    const processor = this.#processor!;
    const run = (): MaybePromise<void> =>
      processor.process({ key, value, timestampMs, headers }, { topic, partition, offset });
    const isSameKey = (other: unknown): boolean => other === key;
    const step = { timestampMs, watermarkMs, isSameKey, run };
    if (this.#isFree) {
      this.#start({ ...step, origin: null }, () => record.capture());
    } else {
      this.#waiting.push({ ...step, origin: record.capture() });
    }
  }

  /** Nothing is before what comes now, of records that are not parked. */
  get #isFree(): boolean {
    return this.#running === null && this.#waiting.length === 0 && !this.#schedule.mustLoad;
  }

  /** Stream-time punctuations that are due, then what is over in the stores. Asked before a record, and whenever time has moved. */
  advance(watermarkMs: number): void {
    this.#schedule.begin(watermarkMs);
    if (watermarkMs === -Infinity) return;
    if (this.held === 0) this.#punctuateUntil(watermarkMs);
    for (const expire of this.#expire) expire(Math.min(watermarkMs, this.ceilingMs));
  }

  /** While nothing waits: else `drain` does so, before the first of what waits. */
  #punctuateUntil(watermarkMs: number): void {
    for (const fire of this.#schedule.takeDue(watermarkMs)) void fire(watermarkMs, watermarkMs);
  }

  #do(punctuation: Step): void {
    if (this.held > 0) this.#waiting.push(punctuation);
    else this.context.record.without(() => this.#start(punctuation, null));
  }

  /** @param capture where the record is the current one: keeps it, if the step turns out to take longer */
  #start(step: Step, capture: (() => CapturedRecord) | null): void {
    this.context.entered(this.#name);
    this.#step = step;
    let promise: MaybePromise<void> | undefined;
    try {
      promise = this.#withBegun(step.run());
    } finally {
      if (!(promise instanceof Promise)) this.#step = null;
    }
    if (!(promise instanceof Promise)) return;
    promise.catch(() => {}); // `drain` tells of it
    const origin = capture === null ? step.origin : capture();
    this.#running = { ...step, origin, promise };
    this.#step = this.#running;
  }

  #withBegun(result: MaybePromise<void>): MaybePromise<void> {
    if (this.#begun.length === 0 && !(result instanceof Promise)) return result;
    return (async () => {
      await result;
      while (this.#begun.length > 0) await Promise.all(this.#begun.splice(0));
    })();
  }

  forward(output: number, { key, value, timestampMs, headers }: Forwarded<unknown, unknown>): void {
    const step = this.#step;
    if (step === null) {
      throw new ProcessingError(
        `Cannot forward from ${this.#name}: nothing is processed. Forward within process or a punctuation, and await what you start there.`,
      );
    }
    const next = this.#outputs[output]!;
    const timeMs = forwardedTime(this.#name, timestampMs);
    const pass = (): void => next(key, value, timeMs);
    const passOn = headers === undefined ? pass : () => this.#withHeaders(headers, pass);
    if (step === this.#running) this.#with(step, passOn);
    else passOn();
  }

  /** @throws ProcessingError where the processor promised to keep the key */
  requireSameKey(key: unknown): void {
    const step = this.#step;
    if (step === null || step.isSameKey === undefined || step.isSameKey(key)) return;
    throw new ProcessingError(
      `Cannot forward from ${this.#name} with another key than the record has: use process, which may change keys.`,
    );
  }

  /** With the record of a step that is not the current one any more. */
  #with({ origin }: Step, action: () => void): void {
    const { record } = this.context;
    if (origin === null) return record.without(action);
    record.restore(origin);
    action();
  }

  #withHeaders(headers: Headers, action: () => void): void {
    const { record } = this.context;
    const before = record.capture();
    record.restore({ ...before, headers });
    try {
      action();
    } finally {
      record.restore(before);
    }
  }

  async drain(): Promise<void> {
    if (this.#draining !== null) return this.#draining.catch(() => {});
    this.#draining = this.#drain();
    try {
      await this.#draining;
    } finally {
      this.#draining = null;
    }
  }

  room(): Promise<void> {
    return this.drain();
  }

  async #drain(): Promise<void> {
    await this.#schedule.load((name) => this.#fireOf(name));
    while (this.held > 0) {
      await this.#finish();
      const next = this.#waiting[0];
      if (next === undefined) await this.context.lane.drain();
      else if (!this.#putDueBefore(next)) {
        this.#waiting.shift();
        this.#with(next, () => this.#start(next, null));
      }
    }
  }

  #putDueBefore({ watermarkMs }: Step): boolean {
    const due = this.#schedule.takeDue(watermarkMs);
    if (due.length === 0) return false;
    const others = this.#waiting;
    this.#waiting = [];
    for (const fire of due) void fire(watermarkMs, watermarkMs);
    this.#waiting.push(...others);
    return true;
  }

  async #finish(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    try {
      await running.promise;
    } catch (error) {
      if (running.origin !== null) this.context.record.restore(running.origin);
      this.context.entered(this.#name);
      throw error;
    } finally {
      this.#running = this.#step = null;
    }
  }
}
