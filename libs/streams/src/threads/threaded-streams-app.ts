/** One application in several threads of this process: each is a member of the group as if it were a process of its own, and this
 *  is their host. It processes nothing; it starts, watches and stops them, and tells of them as of one.
 *  T1 Running when all run; rebalancing while any does not; one that fails decides by `onThreadFailure`.
 *  T2 Nothing of the topology, and no record, crosses between threads (ADR 10). */
import { basename } from 'node:path';
import type { ResourceLimits } from 'node:worker_threads';
import { ConfigError, InvariantError, StreamThreadError } from '../errors/streams.error.ts';
import type { Logger, Metric, MetricAttributes, Telemetry } from '../ports/runtime.ts';
import { OF_THE_WHOLE, stateMetrics, threadMetrics } from '../runtime/app-metrics.ts';
import { AppState, type StreamsState } from '../runtime/app-state.ts';
import { Listeners, type StreamsListener } from '../runtime/listeners.ts';
import { tellRestore } from '../runtime/restore-monitor.ts';
import { noTelemetry, silentLogger, systemClock } from '../runtime/system.ts';
import { backoffMs } from '../time/backoff.ts';
import type { RestoreProgress } from '../state/restore/restore-progress.ts';
import {
  RunningThread,
  workerFactory,
  type CreateWorker,
  type PortMessage,
  type ThreadEnd,
} from './running-thread.ts';

/** shutdownClient: stop the other threads gracefully and end in `error`. replaceThread: start another in its place. As the answers
 *  of Kafka Streams' StreamsUncaughtExceptionHandler (KIP-671). */
export type ThreadFailureResponse = 'shutdownClient' | 'replaceThread';

export interface ThreadFailure {
  /** `StreamThread-1` … */
  readonly thread: string;
  /** What its application failed with; `StreamThreadError` when the thread itself died. */
  readonly error: Error;
}

export interface ThreadedStreamsOptions {
  /** Of the module that makes topology and config, as its default export: a `ThreadStreamsFactory`. Each thread imports it, because
   *  a topology is functions, and those cannot cross: `new URL('./orders.streams.js', import.meta.url)`. */
  readonly module: URL;
  /** Kafka: `num.stream.threads`. More than cores, or than tasks, bring nothing. */
  readonly numStreamThreads: number;
  /** When a thread fails, also one that came in the place of another and never ran (a log that is away just then). Where none has run
   *  yet a failure always ends the application, as the next try would.
   *  Default as Kafka Streams: a failure that a record or the memory brings comes back wherever its task goes.
   *  @defaultValue 'shutdownClient' */
  readonly onThreadFailure?: ThreadFailureResponse | ((failure: ThreadFailure) => ThreadFailureResponse);
  /** Given to the module as `thread.data`: anything that structured clone takes. @defaultValue none */
  readonly data?: unknown;
  /** Node's limits for each thread: `maxOldGenerationSizeMb` … @defaultValue Node's */
  readonly resourceLimits?: ResourceLimits;
  /** Gets the lines of all threads, with the thread's name before them. @defaultValue none: nothing is said */
  readonly logger?: Logger;
  /** Gets the measurements of all threads, with `thread` among the attributes. @defaultValue none: nothing is measured */
  readonly telemetry?: Telemetry;
}

/** How threads are made; a test brings its own (exported by `internal.ts` only). */
export interface ThreadInstruments {
  readonly createWorker?: CreateWorker;
}

/** Where one thread stands. */
export interface ThreadStatus {
  readonly name: string;
  readonly state: StreamsState;
}

const DEFAULT_STOP_TIMEOUT_MS = 30_000;
const FAILURE_STOP_TIMEOUT_MS = 5_000;
/** A thread that has lived so long failed for a reason of its own: it is replaced without waiting longer than the first time. */
const LONG_LIFE_MS = 60_000;

export class ThreadedStreamsApp implements AsyncDisposable {
  readonly #options: ThreadedStreamsOptions;
  readonly #createWorker: CreateWorker;
  readonly #logger: Logger;
  readonly #telemetry: Telemetry;
  readonly #state = new AppState();
  readonly #listeners: Listeners;
  /** By number: a replacement takes the place of the one before. */
  readonly #threads = new Map<number, RunningThread>();
  /** Replacements in a row, by number. */
  readonly #replaced = new Map<number, number>();
  /** What each thread that runs told last. */
  readonly #metrics = new Map<string, readonly Metric[]>();
  #endObservation: () => void = () => {};
  readonly #leaving = new AbortController();
  /** For `start`, which waits no longer then: resolved when it was stopped, rejected when it failed. */
  readonly #over = Promise.withResolvers<void>();
  #applicationId: string | null = null;
  #ending: Promise<void> | null = null;

  /** @throws ConfigError */
  constructor(options: ThreadedStreamsOptions & ThreadInstruments) {
    refuseFaults(options);
    this.#options = options;
    this.#createWorker = options.createWorker ?? workerFactory(options.resourceLimits);
    this.#logger = options.logger ?? silentLogger;
    this.#telemetry = options.telemetry ?? noTelemetry;
    this.#listeners = new Listeners(this.#logger);
    this.#over.promise.catch(() => {});
    this.#state.listen((change) => {
      if (change.to !== 'error') this.#logger.log('info', `${this.#name}: ${change.from} → ${change.to}`);
      this.#listeners.tell((listener) => listener.onStateChange?.(change));
    });
  }

  get state(): StreamsState {
    return this.#state.current;
  }
  /** What ended the application, in state `error`: of the class, code and fields it had in its thread. */
  get error(): Error | undefined {
    return this.#state.error;
  }
  /** The store partitions that threads are bringing up to date with their changelogs now. */
  get restoring(): readonly RestoreProgress[] {
    return [...this.#threads.values()].flatMap(({ restoring }) => restoring);
  }
  get threads(): readonly ThreadStatus[] {
    return [...this.#threads.values()].map(({ name, state }) => ({ name, state }));
  }

  /** As `StreamsApp.metrics`, of all threads: each told last within the second, with `thread` among the attributes. State and number
   *  of threads are those of the whole. Without a `telemetry` threads tell nothing. */
  metrics(): readonly Metric[] {
    const states = this.threads.map(({ state }) => state);
    const whole = [...stateMetrics(this.state), threadMetrics(states)];
    return [
      ...whole.map((metric) => withAttributes(metric, { application: this.#name })),
      ...this.#threadMetrics(),
    ];
  }

  #threadMetrics(): Metric[] {
    return Array.from(this.#metrics, ([thread, metrics]) =>
      metrics
        .filter(({ name }) => !OF_THE_WHOLE.has(name))
        .map((metric) => withAttributes(metric, { thread })),
    ).flat();
  }

  /** Gives back a function that removes the listener. State changes are those of the whole. */
  listen(listener: StreamsListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Ends when every thread has restored its tasks and runs.
   *  @throws what a thread failed with before it ever ran; then the state is `error` */
  async start(): Promise<void> {
    if (this.state !== 'created')
      throw new InvariantError(`Cannot start an application that is ${this.state}: make a new one.`);
    this.#endObservation = this.#telemetry.observe?.(() => this.metrics()) ?? (() => {});
    this.#state.move('rebalancing');
    const numbers = Array.from({ length: this.#options.numStreamThreads }, (_, index) => index + 1);
    const started = numbers.map((number) => this.#launch(number).started);
    await Promise.race([Promise.all(started), this.#over.promise]);
  }

  /** Stops all threads, at the same time: each finishes or aborts its open transactions; what is not over after timeoutMs is
   *  aborted, and a thread that gives no answer some seconds later is ended as by a crash. Safe to call in any state, and again.
   *  @throws TimeoutError when the deadline passed; StreamThreadError when a thread died meanwhile. The state is `stopped` then too */
  async stop(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#leaving.abort();
    try {
      await this.#stop(options.timeoutMs ?? DEFAULT_STOP_TIMEOUT_MS);
    } finally {
      this.#endObservation(); // of one that failed too, whose state was to be seen until now
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (this.#ending !== null) return this.#ending;
    if (this.state === 'created') return this.#state.move('stopped');
    this.#state.move('stopping');
    this.#ending = this.#stopAll(timeoutMs);
    try {
      await this.#ending;
    } finally {
      this.#state.move('stopped');
      this.#over.resolve();
    }
  }

  async #stopAll(timeoutMs: number): Promise<void> {
    const threads = [...this.#threads.values()];
    const outcomes = await Promise.allSettled(threads.map((thread) => thread.stop(timeoutMs)));
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as Error] : [],
    );
    const [first, ...others] = failures;
    if (first === undefined) return;
    for (const { message } of others) this.#logger.log('warn', `Beside what is thrown: ${message}`);
    throw first;
  }

  #launch(number: number): RunningThread {
    const { module, numStreamThreads, data } = this.#options;
    const name = `StreamThread-${number}`;
    const isMeasured = this.#telemetry !== noTelemetry;
    const thread = new RunningThread(
      { moduleUrl: module.href, number, name, numStreamThreads, data, isMeasured },
      this.#createWorker,
      {
        onState: () => this.#sum(),
        onRestore: (event) => this.#listeners.tell((listener) => tellRestore(listener, event)),
        onMessage: (message) => this.#take(name, message),
        onEnd: (end) => this.#threadEnded(thread, end),
      },
    );
    this.#threads.set(number, thread);
    return thread;
  }

  #take(thread: string, message: PortMessage): void {
    switch (message.kind) {
      case 'named':
        this.#applicationId = message.applicationId;
        return;
      case 'log':
        return this.#logger.log(message.level, `${thread}: ${message.text}`, message.fields);
      case 'telemetry':
        for (const { method, name, value, attributes } of message.events)
          this.#telemetry[method](name, value, { ...attributes, thread });
        return;
      case 'metrics':
        this.#metrics.set(thread, message.metrics);
    }
  }

  /** T1 */
  #sum(): void {
    if (this.#ending !== null) return;
    const all = [...this.#threads.values()];
    this.#state.tryMove(all.every(({ state }) => state === 'running') ? 'running' : 'rebalancing');
  }

  #threadEnded(thread: RunningThread, { error, hadStarted }: ThreadEnd): void {
    this.#metrics.delete(thread.name);
    if (this.#ending !== null || error === null) return;
    // One that died names itself; the others failed with an error of their application.
    const why = error instanceof StreamThreadError ? error.message : `${thread.name}: ${error.message}`;
    const isReplacement = this.#replaced.has(thread.number);
    const mayMend = hadStarted || isReplacement; // in this place one has run
    const response = mayMend ? this.#responseTo({ thread: thread.name, error }) : 'shutdownClient';
    if (response === 'replaceThread') void this.#replace(thread, hadStarted, why);
    else void this.#fail(error, why);
  }

  #responseTo(failure: ThreadFailure): ThreadFailureResponse {
    const { onThreadFailure = 'shutdownClient' } = this.#options;
    if (typeof onThreadFailure !== 'function') return onThreadFailure;
    try {
      return onThreadFailure(failure);
    } catch (error) {
      this.#logger.log('error', `onThreadFailure threw, so the application ends: ${String(error)}`);
      return 'shutdownClient';
    }
  }

  async #replace(thread: RunningThread, hadStarted: boolean, why: string): Promise<void> {
    this.#sum();
    const isLongLived = hadStarted && performance.now() - thread.launchedMs > LONG_LIFE_MS;
    const count = isLongLived ? 0 : (this.#replaced.get(thread.number) ?? 0);
    this.#replaced.set(thread.number, count + 1);
    const delayMs = backoffMs(thread.name, count);
    const again = count === 0 ? '' : ` (replacement ${count + 1} in a row)`;
    const what = hadStarted ? 'It' : 'It came in the place of one that had failed, and never ran. It';
    const reason = why.endsWith('.') ? why : `${why}.`;
    this.#logger.log('error', `${reason} ${what} is replaced in ${(delayMs / 1_000).toFixed(1)} s${again}.`);
    await systemClock.delay(delayMs, this.#leaving.signal);
    if (!this.#leaving.signal.aborted) this.#launch(thread.number);
  }

  /** The last line of an application that failed says why. */
  async #fail(error: Error, why: string): Promise<void> {
    this.#leaving.abort();
    this.#ending = this.#stopAll(FAILURE_STOP_TIMEOUT_MS).catch(() => {});
    await this.#ending;
    this.#logger.log('error', `${this.#name} cannot go on: ${why}`);
    this.#state.move('error', error);
    this.#over.reject(error);
  }

  /** Until a thread has told it, the application has no name here. */
  get #name(): string {
    return this.#applicationId ?? basename(this.#options.module.pathname);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function withAttributes(metric: Metric, more: MetricAttributes): Metric {
  return { ...metric, attributes: { ...metric.attributes, ...more } };
}

function refuseFaults({ module, numStreamThreads, data }: ThreadedStreamsOptions): void {
  const faults: string[] = [];
  if (!(module instanceof URL))
    faults.push("module must be a URL: new URL('./orders.streams.js', import.meta.url)");
  if (!Number.isSafeInteger(numStreamThreads) || numStreamThreads < 1)
    faults.push(`numStreamThreads must be a whole number from 1, is ${String(numStreamThreads)}`);
  try {
    structuredClone(data);
  } catch (error) {
    faults.push(`data cannot be cloned to a thread: ${(error as Error).message}`);
  }
  if (faults.length > 0) throw new ConfigError(`Cannot run in stream threads: ${faults.join('; ')}.`);
}
