/** Runs a source: opens the topic, feeds it, starts the source again when it throws, stops it cleanly. */
import { LogError } from '@hiveframe/streams';
import { EventFeed } from './event-feed.ts';
import { SourceError } from './source.error.ts';
import { resolveSourceOptions, type ResolvedSourceOptions, type SourceOptions } from './source-options.ts';
import { reasonOf, SourceProgress } from './source-progress.ts';
import type { SourceStatus } from './source-status.ts';
import type { StreamSource } from './stream-source.ts';
import { TopicWriter } from './topic-writer.ts';

/** A source under way. */
export interface RunningSource {
  /** Ends when the source has come to its end or was stopped; rejects with a SourceError when it failed under `fail`.
   *  Nobody has to wait for it: the failure is logged too. */
  readonly done: Promise<void>;
  readonly status: SourceStatus;
  /** Ends when the source has ended and what it gave is acknowledged, or after the time is up. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
}

const DEFAULT_STOP_TIMEOUT_MS = 5_000;

/** Feeds a source into its topic. Begins at once. @throws ConfigError */
export function runSource<T, K = null>(source: StreamSource<T>, options: SourceOptions<T, K>): RunningSource {
  return new SourceRunner(source, { ...resolveSourceOptions(source, options), log: options.log });
}

class SourceRunner<T, K> implements RunningSource {
  readonly done: Promise<void>;
  readonly #source: StreamSource<T>;
  readonly #options: ResolvedSourceOptions<T, K>;
  readonly #progress: SourceProgress;
  readonly #stopping = new AbortController();
  #abandoned = false;

  constructor(source: StreamSource<T>, options: ResolvedSourceOptions<T, K>) {
    this.#source = source;
    this.#options = options;
    this.#progress = new SourceProgress(options.backoffMs, options.clock);
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  get status(): SourceStatus {
    const { name, topic } = this.#options;
    return { name, topic: topic.name, ...this.#progress.status };
  }

  async stop({ timeoutMs = DEFAULT_STOP_TIMEOUT_MS } = {}): Promise<void> {
    this.#stopping.abort();
    await this.#askToStop();
    const timer = new AbortController();
    const late = this.#options.clock.delay(timeoutMs, timer.signal).then(() => 'late' as const);
    const ended = this.done.catch(() => undefined);
    if ((await Promise.race([ended, late])) === 'late') this.#abandon(timeoutMs);
    timer.abort();
  }

  async #askToStop(): Promise<void> {
    try {
      await this.#source.stop?.();
    } catch (error) {
      this.#options.logger.log('warn', `Source ${this.#options.name} failed to stop: ${reasonOf(error)}`);
    }
  }

  #abandon(timeoutMs: number): void {
    this.#abandoned = true;
    this.#options.logger.log(
      'warn',
      `Source ${this.#options.name} did not end within ${timeoutMs} ms; what it still gives is not taken. Let start() watch its signal.`,
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#once();
        return this.#progress.enter(signal.aborted ? 'stopped' : 'ended');
      } catch (cause) {
        await this.#handle(this.#failure(cause));
      }
    }
    this.#progress.enter('stopped');
  }

  /** One run of the source, to its end or to the stop. */
  async #once(): Promise<void> {
    const { signal } = this.#stopping;
    const writer = await this.#openWriter();
    if (writer === null) return;
    const feed = new EventFeed(writer, this.#options, this.#progress, signal);
    this.#progress.enter('running');
    try {
      for await (const event of this.#source.start(signal)) {
        if (this.#abandoned) return;
        await feed.accept(event);
        if (signal.aborted) break;
      }
      await feed.drain();
    } finally {
      await writer.close();
    }
  }

  /** null: stopped while it waited for the topic. */
  async #openWriter(): Promise<TopicWriter<K | null, T> | null> {
    const { signal } = this.#stopping;
    const { log, topic, logger } = this.#options;
    while (!signal.aborted) {
      try {
        return await TopicWriter.open<K | null, T>(log, topic as never);
      } catch (error) {
        if (!(error instanceof LogError) || error.failure.kind === 'unauthorized') throw error;
        logger.log('warn', `${error.message} (looking again in ${this.#progress.nextDelayMs / 1_000} s)`);
        await this.#progress.retry(error, signal);
      }
    }
    return null;
  }

  async #handle(error: SourceError): Promise<void> {
    const { signal } = this.#stopping;
    const { logger, onFailure } = this.#options;
    if (onFailure === 'fail') {
      logger.log('error', error.message);
      this.#progress.failed(error.cause);
      this.#progress.enter('failed');
      throw error;
    }
    if (signal.aborted) return logger.log('warn', error.message);
    logger.log('warn', `${error.message} (started again in ${this.#progress.nextDelayMs / 1_000} s)`);
    await this.#progress.retry(error.cause, signal);
  }

  #failure(cause: unknown): SourceError {
    const { name, topic } = this.#options;
    return new SourceError(`Source ${name} of topic ${topic.name} failed: ${reasonOf(cause)}`, { cause });
  }
}
