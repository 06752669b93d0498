export interface AsyncOptions {
  /** Names the operator. */
  readonly name: string;
  /** Calls under way at once, per task. */
  readonly concurrency: number;
  /** Of one attempt; then its signal aborts and the attempt counts as failed. */
  readonly timeoutMs: number;
  /** all: results leave in the order their records came. perKey: results may overtake those of other keys; of one key only
   *  one call is under way, records without a key are not held up by each other. none: as they come. @defaultValue 'all' */
  readonly order?: 'perKey' | 'all' | 'none';
  /** Further attempts after one that failed. @defaultValue 0 */
  readonly retries?: number;
  /** Before the first retry; doubles with each. @defaultValue 100 */
  readonly backoffMs?: number;
  /** Of one record: no attempt begins when so much has passed since its first. @defaultValue Infinity: `retries` alone decides */
  readonly retryBudgetMs?: number;
  /** Whether another attempt may mend it; a timeout is a `TimeoutError`. @defaultValue every failure */
  readonly retryWhen?: (error: unknown) => boolean;
}
