/** Takes what one run of a split gives into its transactions.
 *  F1 A commit begins `commitIntervalMs` after the first batch that it takes, or sooner when enough is pending.
 *  F2 While a commit is under way batches gather for the next one, up to `maxPendingBytes`: then the source waits.
 *  F3 After a failed commit nothing more is taken: what was given since is given again from the last position. */
import type { Clock } from '@hiveframe/streams';
import type { SourceBatch } from './resumable-source.ts';
import type { SplitTransactions } from './split-transactions.ts';

export interface FeedOptions {
  readonly commitIntervalMs: number;
  readonly maxPendingBytes: number;
  readonly clock: Clock;
  /** Called after each commit. */
  onCommitted(): void;
}

export class SplitFeed<T, K, P> {
  readonly #transactions: SplitTransactions<T, K, P>;
  readonly #options: FeedOptions;
  readonly #failed = Promise.withResolvers<never>();
  #failure: { readonly error: unknown } | null = null;
  #isClosed = false;
  #isHurried = false;
  /** Ends the wait for the commit that is due next. */
  #wait = new AbortController();
  /** Awaited while too much is pending. */
  #room: PromiseWithResolvers<void> | null = null;
  /** The commit that is due or under way. */
  #committing: Promise<void> | null = null;

  constructor(transactions: SplitTransactions<T, K, P>, options: FeedOptions) {
    this.#transactions = transactions;
    this.#options = options;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects when a commit has failed, with why. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }
  /** Nothing is taken any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the next batch may be taken. @throws why this one, or one before, cannot be committed */
  async accept(batch: SourceBatch<T, P>): Promise<void> {
    if (!this.#isClosed) await this.#transactions.append(batch);
    if (!this.#isClosed) this.#committing ??= this.#commitNext();
    while (this.#isFull() && !this.#isClosed) {
      this.#wait.abort();
      await (this.#room ??= Promise.withResolvers()).promise;
    }
    this.#throwFailure();
  }

  /** Commits everything that was taken. @throws why it cannot be committed */
  async drain(): Promise<void> {
    this.hurry();
    while (this.#committing !== null) await this.#committing;
    this.#throwFailure();
  }

  /** Commits at once from here on, as nobody knows how long there still is time. */
  hurry(): void {
    this.#isHurried = true;
    this.#wait.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#wait.abort();
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = null;
  }

  #isFull(): boolean {
    return this.#transactions.pendingBytes >= this.#options.maxPendingBytes;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Never rejects: a failure stays, and ends the feed. */
  async #commitNext(): Promise<void> {
    try {
      await this.#untilDue();
      if (!this.#isClosed) await this.#commit();
    } catch (error) {
      this.#failure = { error };
      this.#failed.reject(error);
      this.close();
    }
    const goOn = this.#transactions.hasPending && !this.#isClosed;
    this.#committing = goOn ? this.#commitNext() : null;
  }

  /** What is pending is taken at once, so the source may go on. */
  async #commit(): Promise<void> {
    const committed = this.#transactions.commit();
    this.#makeRoom();
    await committed;
    this.#options.onCommitted();
  }

  async #untilDue(): Promise<void> {
    if (this.#isHurried || this.#isFull()) return;
    this.#wait = new AbortController();
    await this.#options.clock.delay(this.#options.commitIntervalMs, this.#wait.signal);
  }
}
