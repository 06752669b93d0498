/** Runs one split for as long as it is this instance's: opens its transactions, starts the source where it stood, and again when
 *  something fails. */
import { LogError } from '@hiveframe/streams';
import { SourceError } from '../source/source.error.ts';
import { reasonOf, SourceProgress, type ProgressStatus } from '../source/source-progress.ts';
import type { ResolvedResumableOptions } from './resumable-options.ts';
import type { ResumableSource, SourceStart } from './resumable-source.ts';
import { SplitFeed } from './split-feed.ts';
import { SplitTransactions } from './split-transactions.ts';

/** What is waited for a source whose events could not be committed, before it is started beside what is left of it. */
const END_TIMEOUT_MS = 5_000;

export class SplitRun<T, K, P> {
  /** 'ended': the source has come to its end, and everything is committed. 'stopped': as asked. Rejects with a SourceError under
   *  `fail`, with a LogError `fenced` when somebody else has opened the split. */
  readonly done: Promise<'ended' | 'stopped'>;
  readonly #source: ResumableSource<T, P>;
  readonly #options: ResolvedResumableOptions<T, K, P>;
  readonly #split: number;
  readonly #progress: SourceProgress;
  readonly #stopping = new AbortController();
  readonly #abandoned = Promise.withResolvers<void>();
  #feed: SplitFeed<T, K, P> | null = null;

  constructor(source: ResumableSource<T, P>, options: ResolvedResumableOptions<T, K, P>, split: number) {
    this.#source = source;
    this.#options = options;
    this.#split = split;
    this.#progress = new SourceProgress(options.backoffMs, options.clock);
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  get status(): ProgressStatus {
    return this.#progress.status;
  }

  /** Resolves when the source has ended and what it gave is committed, or after the time is up: then it is left behind. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping.abort();
    this.#feed?.hurry();
    const ended = settled(this.done);
    if (!(await this.#within(timeoutMs, ended))) this.#abandon(timeoutMs);
  }

  #abandon(timeoutMs: number): void {
    this.#feed?.close();
    this.#abandoned.resolve();
    this.#options.logger.log(
      'warn',
      `${this.#name} did not end within ${timeoutMs} ms; what it still gives is not taken, and is given again by who starts it next. Let start() watch its signal.`,
    );
  }

  async #run(): Promise<'ended' | 'stopped'> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#once();
        if (signal.aborted) return 'stopped';
        this.#progress.enter('ended');
        return 'ended';
      } catch (error) {
        if (error instanceof LogError && error.failure.kind === 'fenced') throw error;
        if (!signal.aborted) await this.#handle(error);
      }
    }
    return 'stopped';
  }

  /** From the last committed position to the end of the source, the stop, or a failure. */
  async #once(): Promise<void> {
    const { signal } = this.#stopping;
    const transactions = await SplitTransactions.open(this.#options, this.#split, signal);
    const feed = new SplitFeed(transactions, {
      ...this.#options,
      onCommitted: () => this.#progress.succeeded(),
    });
    this.#feed = feed;
    this.#progress.enter('running');
    if (signal.aborted) feed.hurry();
    const attempt = new AbortController();
    const pumping = this.#pump(feed, this.#start(transactions.position, attempt.signal));
    try {
      await Promise.race([pumping, feed.failed, this.#abandoned.promise]);
    } finally {
      feed.close();
      attempt.abort();
      await this.#end(pumping);
      await transactions.close();
    }
  }

  #start(position: P | null, attempt: AbortSignal): SourceStart<P> {
    const { numSplits, clock } = this.#options;
    const signal = AbortSignal.any([this.#stopping.signal, attempt]);
    return { position, split: this.#split, numSplits, signal, clock };
  }

  async #pump(feed: SplitFeed<T, K, P>, start: SourceStart<P>): Promise<void> {
    try {
      for await (const batch of this.#source.start(start)) {
        await feed.accept(batch);
        if (feed.isClosed || start.signal.aborted) break;
      }
    } finally {
      await feed.drain(); // what a source gave before it threw is committed
    }
  }

  /** It has heard that it is to end. */
  async #end(pumping: Promise<void>): Promise<void> {
    const ended = Promise.race([settled(pumping), this.#abandoned.promise]);
    if (await this.#within(END_TIMEOUT_MS, ended)) return;
    this.#options.logger.log(
      'warn',
      `${this.#name} did not end within ${END_TIMEOUT_MS} ms of its signal; it is started again beside what is left of it.`,
    );
  }

  /** False: the time is up. */
  async #within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#options.clock.delay(timeoutMs, timer.signal).then(() => false);
    const inTime = await Promise.race([work.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  async #handle(cause: unknown): Promise<void> {
    const { logger, onFailure } = this.#options;
    const text = `${this.#name} failed: ${reasonOf(cause)}`;
    const isOfTheLog = cause instanceof LogError && isPassing(cause);
    if (onFailure === 'fail' && !isOfTheLog) throw new SourceError(text, { cause });
    logger.log(
      'warn',
      `${text} (started again in ${this.#progress.nextDelayMs / 1_000} s, from its last position)`,
    );
    await this.#progress.retry(cause, this.#stopping.signal);
  }

  get #name(): string {
    const { name, numSplits, topic } = this.#options;
    const split = numSplits === 1 ? '' : ` (split ${this.#split})`;
    return `Source ${name}${split} of topic ${topic.name}`;
  }
}

/** Fulfilled when the promise is either. */
function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(() => undefined);
}

/** The log may do later what it could not do now, and nobody has to mend anything in the source. */
function isPassing({ failure }: LogError): boolean {
  return ['unavailable', 'abortable', 'unknownTopic'].includes(failure.kind);
}
