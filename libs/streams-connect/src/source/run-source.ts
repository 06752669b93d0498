/** Runs a source: opens the topic, feeds it, starts the source again when it throws, stops it cleanly. */
import { LogError } from '@hiveframe/streams';
import { Backoff } from './backoff.ts';
import { EventFeed } from './event-feed.ts';
import { SourceError } from './source.error.ts';
import { resolveSourceOptions, type ResolvedSourceOptions, type SourceOptions } from './source-options.ts';
import type { StreamSource } from './stream-source.ts';
import { TopicWriter } from './topic-writer.ts';

/** A source under way. */
export interface RunningSource {
  /** Ends when the source has come to its end or was stopped; rejects with a SourceError when it failed under `fail`.
   *  Nobody has to wait for it: the failure is logged too. */
  readonly done: Promise<void>;
  /** Ends when the source has ended and what it gave is acknowledged, or after the time is up. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
}

const DEFAULT_STOP_TIMEOUT_MS = 5_000;

/** Feeds a source into its topic. Begins at once. @throws ConfigError */
export function runSource<T, K = null>(source: StreamSource<T>, options: SourceOptions<T, K>): RunningSource {
  return new SourceRunner(source, resolveSourceOptions(source, options));
}

class SourceRunner<T, K> implements RunningSource {
  readonly done: Promise<void>;
  readonly #source: StreamSource<T>;
  readonly #options: ResolvedSourceOptions<T, K>;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #abandoned = false;

  constructor(source: StreamSource<T>, options: ResolvedSourceOptions<T, K>) {
    this.#source = source;
    this.#options = options;
    this.#backoff = new Backoff(options.backoffMs, options.clock);
    this.done = this.#run();
    this.done.catch(() => undefined);
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
      this.#options.logger.log('warn', `Source ${this.#options.name} failed to stop: ${reason(error)}`);
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
        return await this.#once();
      } catch (cause) {
        await this.#handle(this.#failure(cause));
      }
    }
  }

  /** One run of the source, to its end or to the stop. */
  async #once(): Promise<void> {
    const { signal } = this.#stopping;
    const writer = await this.#openWriter();
    if (writer === null) return;
    const feed = new EventFeed(writer, this.#options, this.#backoff, signal);
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
        logger.log('warn', `${error.message} (looking again in ${this.#backoff.nextMs / 1_000} s)`);
        await this.#backoff.wait(signal);
      }
    }
    return null;
  }

  async #handle(error: SourceError): Promise<void> {
    const { signal } = this.#stopping;
    const { logger, onFailure } = this.#options;
    if (onFailure === 'fail') {
      logger.log('error', error.message);
      throw error;
    }
    if (signal.aborted) return logger.log('warn', error.message);
    logger.log('warn', `${error.message} (started again in ${this.#backoff.nextMs / 1_000} s)`);
    await this.#backoff.wait(signal);
  }

  #failure(cause: unknown): SourceError {
    const { name, topic } = this.#options;
    return new SourceError(`Source ${name} of topic ${topic.name} failed: ${reason(cause)}`, { cause });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
