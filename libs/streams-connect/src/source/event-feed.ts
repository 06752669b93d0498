/** Takes the events of one run of a source into the source topic.
 *  E1 Events are written in the order they come, each batch after the former is acknowledged.
 *  E2 While the log is away the batch in hand is tried again; nothing overtakes it and nothing is dropped. */
import { LogError } from '@hiveframe/streams';
import type { ResolvedSourceOptions } from './source-options.ts';
import type { SourceProgress } from './source-progress.ts';
import type { TopicWriter } from './topic-writer.ts';

/** One run of a source, on its way to the topic. */
export class EventFeed<T, K> {
  readonly #writer: TopicWriter<K | null, T>;
  readonly #options: ResolvedSourceOptions<T, K>;
  readonly #progress: SourceProgress;
  readonly #signal: AbortSignal;
  #gathered: T[] = [];
  #unacknowledged = 0;
  /** The batch on its way. */
  #underWay: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(
    writer: TopicWriter<K | null, T>,
    options: ResolvedSourceOptions<T, K>,
    progress: SourceProgress,
    signal: AbortSignal,
  ) {
    this.#writer = writer;
    this.#options = options;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Resolves when the next event may be taken. @throws what kept this event, or one before it, from being written */
  async accept(event: T): Promise<void> {
    this.#gathered.push(event);
    this.#unacknowledged++;
    this.#underWay ??= this.#sendGathered();
    while (this.#unacknowledged >= this.#options.maxUnacknowledged && this.#underWay !== null) {
      await this.#underWay;
    }
    this.#throwFailure();
  }

  /** Resolves when everything accepted is acknowledged. */
  async drain(): Promise<void> {
    while (this.#underWay !== null) await this.#underWay;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Never rejects: a failure stays, and ends the feed. */
  async #sendGathered(): Promise<void> {
    const batch = this.#gathered;
    this.#gathered = [];
    try {
      await this.#sendPersistently(batch);
      this.#unacknowledged -= batch.length;
      this.#progress.succeeded();
    } catch (error) {
      this.#failure = { error };
    }
    const goOn = this.#gathered.length > 0 && this.#failure === null;
    this.#underWay = goOn ? this.#sendGathered() : null;
  }

  async #sendPersistently(batch: readonly T[]): Promise<void> {
    for (;;) {
      try {
        return await this.#send(batch);
      } catch (error) {
        if (!isAway(error) || this.#signal.aborted) throw error;
        this.#report(batch.length, error);
        await this.#progress.retry(error, this.#signal);
      }
    }
  }

  #send(batch: readonly T[]): Promise<void> {
    const { key, timestampMs } = this.#options;
    for (const event of batch) {
      this.#writer.append({ key: key(event), value: event, timestampMs: timestampMs(event) });
    }
    return this.#writer.flush();
  }

  #report(count: number, error: LogError): void {
    const { logger, name, topic } = this.#options;
    logger.log(
      'warn',
      `Cannot write ${count} events of ${name} to topic ${topic.name}: ${error.message} (trying again in ${this.#progress.nextDelayMs / 1_000} s)`,
    );
  }
}

function isAway(error: unknown): error is LogError {
  return error instanceof LogError && error.failure.kind === 'unavailable';
}
