/** A stream thread as its host sees it: started, listened to, stopped, and whatever it dies of.
 *  H1 It ends once, with one outcome (`onEnd`): stopped, or why not. Nothing else ends it for the host.
 *  H2 A thread that does not answer is terminated: for the log that is the crash of one member, which the guarantees cover. */
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { StreamThreadError, TimeoutError } from '../errors/streams.error.ts';
import type { StreamsState } from '../runtime/app-state.ts';
import type { RestoreEvent, RestoreProgress } from '../state/restore/restore-progress.ts';
import { reviveError } from './carried-error.ts';
import type { ThreadMessage, ThreadOrder } from './thread-messages.ts';

/** Beyond the timeout of a stop: to leave the group and to close connections. */
const STOP_MARGIN_MS = 3_000;
/** From what a thread says last to its end: it closes what it used. */
const END_TIMEOUT_MS = 5_000;
/** The extension is that of this file: `.ts` as sources, `.js` as built. */
const MAIN = new URL(import.meta.url.replace(/running-thread(\.\w+)$/, 'thread-main$1'));

export type CreateWorker = (main: URL, options: { readonly workerData: ThreadOrder }) => Worker;
export function workerFactory(resourceLimits: ResourceLimits | undefined): CreateWorker {
  return (main, options) =>
    new Worker(main, {
      ...options,
      name: options.workerData.name,
      ...(resourceLimits && { resourceLimits }),
    });
}

/** How a thread ended; `error` null: as it was asked to. */
export interface ThreadEnd {
  readonly error: Error | null;
  /** It was running at some time: what ended it came after a good start. */
  readonly hadStarted: boolean;
}

/** What a thread says to the ports of the host. */
export type PortMessage = Extract<ThreadMessage, { kind: 'named' | 'log' | 'telemetry' | 'metrics' }>;

export interface ThreadListener {
  onState(): void;
  onMessage(message: PortMessage): void;
  onRestore(event: RestoreEvent): void;
  onEnd(end: ThreadEnd): void;
}

export class RunningThread {
  readonly name: string;
  readonly number: number;
  readonly launchedMs = performance.now();
  readonly #worker: Worker;
  readonly #listener: ThreadListener;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ThreadEnd>();
  readonly #restoring = new Map<string, RestoreProgress>();
  #state: StreamsState = 'created';
  #hadStarted = false;
  #isEnded = false;
  /** What it said last, or what is known of its end before it has ended. */
  #outcome: { readonly error: Error | null } | null = null;
  #deadline: NodeJS.Timeout | null = null;

  constructor(order: ThreadOrder, createWorker: CreateWorker, listener: ThreadListener) {
    this.name = order.name;
    this.number = order.number;
    this.#listener = listener;
    this.#worker = createWorker(MAIN, { workerData: order });
    this.#worker.on('message', (message: ThreadMessage) => this.#take(message));
    this.#worker.on('error', (thrown) => (this.#outcome ??= { error: this.#uncaught(thrown) }));
    this.#worker.once('exit', (code) => this.#exited(code));
  }

  /** Resolves when its application runs; never when it ends before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }
  get state(): StreamsState {
    return this.#state;
  }
  get restoring(): readonly RestoreProgress[] {
    return [...this.#restoring.values()];
  }

  /** @throws TimeoutError when it did not finish its work in time; StreamThreadError when it died instead */
  async stop(timeoutMs: number): Promise<void> {
    if (this.#isEnded) return;
    this.#worker.postMessage({ timeoutMs });
    this.#terminateAfter(timeoutMs + STOP_MARGIN_MS, () => {
      const text = `${this.name} did not answer within ${timeoutMs + STOP_MARGIN_MS} ms and was ended as by a crash: its open transactions are aborted. A function of the topology may block it.`;
      return new TimeoutError(text);
    });
    const { error } = await this.#ended.promise;
    if (error !== null) throw error;
  }

  #take(message: ThreadMessage): void {
    switch (message.kind) {
      case 'started':
        this.#hadStarted = true;
        return this.#started.resolve();
      case 'state':
        this.#state = message.state;
        return this.#listener.onState();
      case 'restore':
        return this.#restored(message.event);
      case 'failed':
      case 'stopped':
        return this.#over(message.error && reviveError(message.error));
      case 'named':
      case 'log':
      case 'telemetry':
      case 'metrics':
        return this.#listener.onMessage(message);
    }
  }

  #restored(event: RestoreEvent): void {
    const { kind, progress } = event;
    const name = `${progress.store}-${progress.partition}`;
    if (kind === 'started' || kind === 'batch') this.#restoring.set(name, progress);
    else this.#restoring.delete(name);
    this.#listener.onRestore(event);
  }

  #over(error: Error | null): void {
    this.#outcome ??= { error };
    this.#terminateAfter(END_TIMEOUT_MS, () => null);
  }

  #terminateAfter(ms: number, outcome: () => Error | null): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#outcome ??= { error: outcome() };
      void this.#worker.terminate();
    }, ms);
  }

  #exited(code: number): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    const { error } = this.#outcome ?? { error: this.#exit(code) };
    const end = { error, hadStarted: this.#hadStarted };
    this.#state = error === null ? 'stopped' : 'error';
    this.#restoring.clear();
    this.#isEnded = true;
    this.#ended.resolve(end);
    this.#listener.onEnd(end);
  }

  #exit(code: number): StreamThreadError {
    return new StreamThreadError(
      `${this.name} ended with code ${code}: something in it called process.exit, or it was terminated. A thread must end with its application only.`,
    );
  }

  /** Whatever a thread threw and nobody caught. */
  #uncaught(thrown: unknown): StreamThreadError {
    const { code, message = String(thrown) } = Object(thrown) as { code?: unknown; message?: string };
    const what =
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'ran out of memory. Give threads more (resourceLimits), lower maxBufferedBytes and maxCachedBytes, or keep state in Redis'
        : `ended by an error that nobody caught: ${message.replace(/\.$/, '')}`;
    return new StreamThreadError(`${this.name} ${what}.`, { cause: thrown });
  }
}
